UPDATE sessions SET claimed_at = NULL WHERE user_id = +?1 AND ended_at IS NOT NULL
