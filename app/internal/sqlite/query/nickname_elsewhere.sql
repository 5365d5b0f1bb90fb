SELECT u.nick FROM identities_elsewhere i JOIN users_elsewhere u ON u.directory = i.directory AND u.id = i.user_id
WHERE i.issuer = +?1 AND i.subject = +?2 ORDER BY i.confirmed_at DESC LIMIT 1
