INSERT INTO users (id, nick, nick_key, nick_skeleton, keys_version, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
