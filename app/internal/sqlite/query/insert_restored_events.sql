INSERT INTO events (user_id, id, at, kind, detail)
SELECT user_id, row_number() OVER (PARTITION BY user_id ORDER BY created_at)
                + coalesce((SELECT max(id) FROM events e WHERE e.user_id = s.user_id), 0), ?1, ?2, ?3
FROM sessions s WHERE ended_at IS NULL
