DELETE FROM pending_signups
WHERE expires_at <= +?1
   OR EXISTS (SELECT 1 FROM identities i WHERE i.issuer = pending_signups.issuer AND i.subject = pending_signups.subject)
