SELECT coalesce(max(id), 0) FROM events WHERE user_id = +?1
