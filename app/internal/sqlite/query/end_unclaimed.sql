UPDATE sessions SET ended_at = ?3, end_reason = ?4
WHERE user_id = +?1 AND ended_at IS NULL
  AND (claimed_at IS NULL OR generation = 1 AND seen_at <= rotated_at AND rotated_launch <> +?2)
RETURNING id, user_id
