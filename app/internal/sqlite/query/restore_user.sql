-- Under keys that no typed name can have: rekey_user gives them their own.
INSERT INTO users (id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at)
VALUES (?1, ?2, char(31) || ?1, char(31) || ?1, ?3, ?4, ?5)
