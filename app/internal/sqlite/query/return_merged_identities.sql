UPDATE identities SET user_id = ?1
WHERE user_id = +?2
  AND EXISTS (SELECT 1 FROM merged_identities m WHERE m.from_id = +?1 AND m.issuer = identities.issuer AND m.subject = identities.subject)
