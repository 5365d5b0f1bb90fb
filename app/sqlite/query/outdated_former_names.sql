SELECT id, nick FROM former_names WHERE keys_version < ?1 AND id > ?2 ORDER BY id LIMIT 500
