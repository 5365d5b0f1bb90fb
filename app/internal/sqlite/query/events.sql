SELECT id, at, kind, detail FROM events WHERE user_id = +?1 ORDER BY id DESC
