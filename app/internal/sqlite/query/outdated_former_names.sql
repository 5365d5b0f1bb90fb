SELECT id, nick FROM former_names WHERE keys_version < +?1
