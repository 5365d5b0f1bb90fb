INSERT OR REPLACE INTO recovery_codes_elsewhere (directory, selector, user_id, number, verifier, made_at, used_at, void_at)
SELECT ?1, selector, user_id, number, verifier, made_at, used_at, void_at FROM recovery_codes
