UPDATE sessions SET ended_at = ?1, end_reason = ?2 WHERE ended_at IS NULL
