INSERT INTO recovery_codes (selector, user_id, number, verifier, made_at) VALUES (?1, ?2, ?3, ?4, ?5)
