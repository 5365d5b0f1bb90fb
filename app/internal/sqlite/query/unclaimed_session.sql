SELECT * FROM signed_in
WHERE session_id = (SELECT id FROM sessions
                    WHERE ended_at IS NULL AND created_at >= +?1 AND generation = 1
                      AND (claimed_at IS NULL OR seen_at <= rotated_at AND reissues = 0 AND rotated_launch <> +?2)
                    ORDER BY created_at DESC, id LIMIT 1)
