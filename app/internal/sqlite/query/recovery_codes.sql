SELECT selector, user_id, number, verifier, made_at, used_at, void_at FROM recovery_codes WHERE user_id = +?1 ORDER BY number
