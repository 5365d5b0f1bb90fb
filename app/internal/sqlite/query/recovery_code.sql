SELECT selector, user_id, number, verifier, made_at, used_at, void_at FROM recovery_codes WHERE selector = +?1
