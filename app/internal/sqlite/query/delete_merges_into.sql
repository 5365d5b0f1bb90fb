DELETE FROM merges WHERE into_id = +?1
