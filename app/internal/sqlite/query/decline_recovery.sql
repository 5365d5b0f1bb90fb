INSERT INTO recovery_declined (user_id, declined_at) VALUES (?1, ?2)
ON CONFLICT (user_id) DO UPDATE SET declined_at = excluded.declined_at
