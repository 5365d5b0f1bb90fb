-- Old keys leave first, so that no new key meets one that is about to change.
UPDATE users SET nick_key = char(31) || id, nick_skeleton = char(31) || id WHERE keys_version < +?1
