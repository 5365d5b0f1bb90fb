SELECT tag, failed, at, until FROM recovery_guesses WHERE id = 1
