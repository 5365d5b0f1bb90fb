DELETE FROM resting_names WHERE until <= +?1
