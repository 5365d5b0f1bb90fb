-- Sessions under an absorbed identity stand under ?3 from now on.
UPDATE sessions SET identity_id = ?3
WHERE user_id = +?2 AND identity_id IN (
    SELECT i.id FROM merged_identities m JOIN identities i ON i.issuer = m.issuer AND i.subject = m.subject
    WHERE m.from_id = +?1 AND i.user_id = +?2
)
