DELETE FROM identities_elsewhere WHERE directory = +?1
