SELECT * FROM signed_in
WHERE session_id = (SELECT id FROM sessions WHERE claimed_at IS NULL AND ended_at IS NULL AND created_at >= +?1
                    ORDER BY created_at DESC, id LIMIT 1)
