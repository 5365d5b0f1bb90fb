INSERT INTO users (id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (id) DO UPDATE SET nick = excluded.nick, nick_key = excluded.nick_key, nick_skeleton = excluded.nick_skeleton,
    keys_version = excluded.keys_version, renamed_at = excluded.renamed_at
