DELETE FROM identities_elsewhere WHERE user_id = +?1
