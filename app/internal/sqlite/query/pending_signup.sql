SELECT id, issuer, subject, sealed, created_at, expires_at FROM pending_signups p
WHERE expires_at > +?1 AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.issuer = p.issuer AND i.subject = p.subject)
ORDER BY created_at DESC, id LIMIT 1
