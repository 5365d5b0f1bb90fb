INSERT INTO events (user_id, id, at, kind, detail)
VALUES (?1, 1 + coalesce((SELECT max(id) FROM events WHERE user_id = +?1), 0), ?2, ?3, ?4)
