-- Under an identity that ?2 has already: the sessions' own comes after them.
UPDATE sessions SET user_id = ?2, identity_id = ?3 WHERE user_id = +?1
