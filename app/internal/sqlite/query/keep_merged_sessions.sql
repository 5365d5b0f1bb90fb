INSERT INTO merged_sessions (from_id, session_id, identity_id) SELECT user_id, id, identity_id FROM sessions WHERE user_id = +?1
