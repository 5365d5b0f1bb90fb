DELETE FROM users_elsewhere WHERE directory = +?1
