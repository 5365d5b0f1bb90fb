INSERT INTO recovery_codes (selector, user_id, number, verifier, made_at, used_at, void_at)
SELECT selector, user_id, number, verifier, made_at, used_at, void_at FROM recovery_codes_elsewhere WHERE directory = +?1
