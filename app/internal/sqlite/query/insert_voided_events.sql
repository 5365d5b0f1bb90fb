INSERT INTO events (user_id, id, at, kind, detail)
SELECT user_id, 1 + coalesce((SELECT max(id) FROM events e WHERE e.user_id = c.user_id), 0), ?1, ?2, ?3
FROM recovery_codes c WHERE used_at IS NULL AND void_at IS NULL GROUP BY user_id
