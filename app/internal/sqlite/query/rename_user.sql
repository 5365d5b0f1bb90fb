UPDATE users SET nick = ?2, nick_key = ?3, nick_skeleton = ?4, keys_version = ?5, renamed_at = ?6 WHERE id = +?1
