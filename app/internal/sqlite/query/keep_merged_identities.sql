INSERT INTO merged_identities (from_id, issuer, subject) SELECT user_id, issuer, subject FROM identities WHERE user_id = +?1
