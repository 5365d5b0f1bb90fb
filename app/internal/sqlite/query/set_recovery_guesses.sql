UPDATE recovery_guesses SET failed = ?1, at = ?2, until = ?3 WHERE id = 1
