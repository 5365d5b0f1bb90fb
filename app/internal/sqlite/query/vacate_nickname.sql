-- Whoever is known here under a name that the directory gave to ?3 since has another
-- one there by now; until that is known, their keys are nobody's.
UPDATE users SET nick_key = 'elsewhere ' || id, nick_skeleton = 'elsewhere ' || id
WHERE (nick_key = +?1 OR nick_skeleton = +?2) AND id <> +?3
