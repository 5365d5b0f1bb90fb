UPDATE sessions
SET identity_id = (SELECT m.identity_id FROM merged_sessions m WHERE m.from_id = +?1 AND m.session_id = sessions.id)
WHERE id IN (SELECT session_id FROM merged_sessions WHERE from_id = +?1) AND user_id = +?2
