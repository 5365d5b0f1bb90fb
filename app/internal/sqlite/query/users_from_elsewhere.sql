INSERT INTO users (id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at)
SELECT id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at FROM users_elsewhere WHERE directory = +?1
