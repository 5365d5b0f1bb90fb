UPDATE sessions SET identity_id = ?3 WHERE user_id = +?1 AND identity_id = +?2
