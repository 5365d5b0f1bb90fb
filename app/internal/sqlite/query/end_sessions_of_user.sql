UPDATE sessions SET ended_at = ?4, end_reason = ?5
WHERE user_id = +?1 AND id <> +?2 AND (?3 = '' OR key_id <> +?3) AND ended_at IS NULL
RETURNING id, user_id
