SELECT id, issuer, subject, sealed, created_at, expires_at FROM pending_signups
WHERE expires_at > +?1 ORDER BY created_at DESC, id LIMIT 1
