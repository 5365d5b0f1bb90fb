SELECT EXISTS (SELECT 1 FROM events WHERE user_id = +?1 AND kind = +?2 AND detail = +?3)
