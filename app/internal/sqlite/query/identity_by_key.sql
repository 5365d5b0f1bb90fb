SELECT i.id, i.linked_at, u.id, u.nick, u.created_at, u.renamed_at
FROM identities i JOIN users u ON u.id = i.user_id
WHERE i.issuer = +?1 AND i.subject = +?2
