INSERT INTO resting_names (key_tag, skeleton_tag, until) VALUES (?1, ?2, ?3)
ON CONFLICT (key_tag) DO UPDATE SET skeleton_tag = excluded.skeleton_tag, until = max(until, excluded.until)
