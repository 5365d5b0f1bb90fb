DELETE FROM recovery_codes_elsewhere WHERE user_id = +?1
