UPDATE sessions
SET confirmed_at = ?4, identity_id = (SELECT id FROM identities WHERE issuer = +?2 AND subject = +?3 AND user_id = sessions.user_id)
WHERE id = +?1 AND ended_at IS NULL
