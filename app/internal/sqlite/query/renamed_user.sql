-- Under keys that no typed name can have: rekey_user gives them their own.
UPDATE users SET nick = ?2, nick_key = char(31) || id, nick_skeleton = char(31) || id, keys_version = ?3, renamed_at = ?4 WHERE id = +?1
