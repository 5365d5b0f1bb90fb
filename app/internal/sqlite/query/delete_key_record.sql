DELETE FROM key_records WHERE id = +?1
