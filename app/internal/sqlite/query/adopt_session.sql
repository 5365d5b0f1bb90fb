-- A session that a recovery code opened is from now on that of the identity which its owner linked in it.
UPDATE sessions SET identity_id = ?3, confirmed_at = ?4
WHERE id = +?1 AND user_id = +?2 AND identity_id IS NULL AND ended_at IS NULL
