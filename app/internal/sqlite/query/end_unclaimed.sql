UPDATE sessions SET ended_at = ?2, end_reason = ?3
WHERE user_id = +?1 AND claimed_at IS NULL AND ended_at IS NULL
RETURNING id, user_id
