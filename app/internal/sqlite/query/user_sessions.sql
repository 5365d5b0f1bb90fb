SELECT * FROM signed_in WHERE user_id = +?1 AND ended_at IS NULL ORDER BY session_created_at DESC, session_id
