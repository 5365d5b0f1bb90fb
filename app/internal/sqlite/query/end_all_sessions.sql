UPDATE sessions SET ended_at = ?3, end_reason = ?4
WHERE id <> +?1 AND (?2 = '' OR key_id <> +?2) AND ended_at IS NULL
RETURNING id, user_id
