SELECT issuer, subject, expires_at FROM pending_signups WHERE id = ?1
