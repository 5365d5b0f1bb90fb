INSERT INTO merged_codes (from_id, selector, number, verifier, made_at, used_at, void_at)
SELECT user_id, selector, number, verifier, made_at, used_at, void_at FROM recovery_codes WHERE user_id = +?1
