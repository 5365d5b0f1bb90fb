DELETE FROM identities WHERE id = ?1
