INSERT INTO pending_signups (id, issuer, subject, sealed, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (issuer, subject) DO UPDATE
SET id = excluded.id, sealed = excluded.sealed, created_at = excluded.created_at, expires_at = excluded.expires_at
