SELECT from_id FROM merges WHERE until <= +?1 ORDER BY until
