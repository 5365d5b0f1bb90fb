UPDATE recovery_codes SET used_at = ?3
WHERE selector = +?1 AND verifier = +?2 AND used_at IS NULL AND void_at IS NULL
