-- The identity that was confirmed last among those of a user that are not ?2.
SELECT id FROM identities WHERE user_id = +?1 AND id <> +?2 ORDER BY confirmed_at DESC, id LIMIT 1
