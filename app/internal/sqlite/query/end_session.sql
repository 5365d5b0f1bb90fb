UPDATE sessions SET ended_at = ?5, end_reason = ?6
WHERE id = +?1 AND (?2 = '' OR user_id = +?2) AND id <> +?3 AND (?4 = '' OR key_id <> +?4) AND ended_at IS NULL
RETURNING id, user_id
