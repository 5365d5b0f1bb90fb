INSERT INTO events (user_id, at, kind, detail) VALUES (?1, ?2, ?3, ?4)
