-- renamed_user for who has the name with the key ?2.
UPDATE users SET nick = ?3, nick_key = char(31) || id, nick_skeleton = char(31) || id, keys_version = ?4, renamed_at = ?5
WHERE id = +?1 AND nick_key = +?2
