SELECT * FROM signed_in
WHERE claimed_at IS NOT NULL AND (ended_at IS NULL AND idle_until >= +?1 OR ended_at >= +?1)
ORDER BY coalesce(ended_at, 9223372036854775807) DESC, session_created_at DESC, session_id
