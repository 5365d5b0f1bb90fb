DELETE FROM former_names WHERE user_id = +?1 AND nick_key = +?2
