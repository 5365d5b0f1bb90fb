UPDATE sessions
SET key_id = ?3, generation = ?4, current_jti = ?5, previous_jti = ?6, rotated_at = ?7, rotated_launch = ?8, reissues = ?9,
    confirmed_at = ?10, claimed_at = ?11, seen_at = ?12, idle_until = ?13, absolute_end = ?14, ended_at = ?15, end_reason = ?16
WHERE id = +?1 AND generation = +?2 AND ended_at IS NULL
