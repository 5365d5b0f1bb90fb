INSERT OR IGNORE INTO merged_names (from_id, nick, until) SELECT user_id, nick, until FROM former_names WHERE user_id = +?1
