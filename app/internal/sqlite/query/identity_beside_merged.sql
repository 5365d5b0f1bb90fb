-- The identity of ?2 that was confirmed last among those that were not absorbed.
SELECT i.id FROM identities i
WHERE i.user_id = +?2
  AND NOT EXISTS (SELECT 1 FROM merged_identities m WHERE m.from_id = +?1 AND m.issuer = i.issuer AND m.subject = i.subject)
ORDER BY i.confirmed_at DESC, i.id LIMIT 1
