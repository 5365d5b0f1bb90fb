DELETE FROM users_elsewhere WHERE id = +?1
