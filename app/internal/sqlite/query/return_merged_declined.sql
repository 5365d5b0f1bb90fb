INSERT INTO recovery_declined (user_id, declined_at)
SELECT from_id, from_declined_at FROM merges WHERE from_id = +?1 AND from_declined_at IS NOT NULL
