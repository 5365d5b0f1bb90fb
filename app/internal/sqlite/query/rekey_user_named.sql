-- rekey_user for who has that name.
UPDATE OR IGNORE users SET nick_key = ?3, nick_skeleton = ?4, keys_version = ?5 WHERE id = +?1 AND nick = +?2
