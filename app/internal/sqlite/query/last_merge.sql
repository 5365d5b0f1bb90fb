SELECT from_id FROM merges WHERE into_id = +?1 ORDER BY events_before DESC LIMIT 1
