UPDATE recovery_guesses SET tag = ?1 WHERE id = 1 AND tag = ''
