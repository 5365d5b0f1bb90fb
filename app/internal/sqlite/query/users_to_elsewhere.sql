INSERT OR REPLACE INTO users_elsewhere (directory, id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at)
SELECT ?1, id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at FROM users
