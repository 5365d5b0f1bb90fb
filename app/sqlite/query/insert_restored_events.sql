INSERT INTO events (user_id, at, kind, detail) SELECT user_id, ?1, ?2, ?3 FROM sessions WHERE ended_at IS NULL
