UPDATE OR IGNORE users SET nick_key = ?2, nick_skeleton = ?3, keys_version = ?4 WHERE id = +?1
