DELETE FROM pending_signups
WHERE EXISTS (SELECT 1 FROM identities i
              WHERE i.issuer = pending_signups.issuer AND i.subject = pending_signups.subject AND i.user_id = +?1)
