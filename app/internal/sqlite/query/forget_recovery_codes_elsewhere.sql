DELETE FROM recovery_codes_elsewhere WHERE directory = +?1
