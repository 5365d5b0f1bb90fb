-- A selector that was drawn once more since is the newer code's.
INSERT OR IGNORE INTO recovery_codes (selector, user_id, number, verifier, made_at, used_at, void_at)
SELECT selector, from_id, number, verifier, made_at, used_at, void_at FROM merged_codes WHERE from_id = +?1
