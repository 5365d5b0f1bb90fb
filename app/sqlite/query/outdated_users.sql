SELECT rowid, id, nick FROM users WHERE keys_version < ?1 AND rowid > ?2 ORDER BY rowid LIMIT 500
