SELECT nick, until FROM former_names WHERE user_id = +?1 ORDER BY until DESC, id DESC
