SELECT nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at FROM users WHERE id = +?1
