INSERT INTO former_names (user_id, nick, nick_key, nick_skeleton, keys_version, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
