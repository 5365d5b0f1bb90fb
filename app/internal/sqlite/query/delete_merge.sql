DELETE FROM merges WHERE from_id = +?1
