SELECT EXISTS (SELECT 1 FROM recovery_declined WHERE user_id = +?1)
