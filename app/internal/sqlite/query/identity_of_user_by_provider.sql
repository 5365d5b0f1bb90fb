SELECT id, issuer, subject FROM identities WHERE user_id = +?1 AND provider = +?2 ORDER BY linked_at DESC LIMIT 1
