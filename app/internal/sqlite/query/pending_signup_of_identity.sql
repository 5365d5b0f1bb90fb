SELECT id, expires_at FROM pending_signups WHERE issuer = +?1 AND subject = +?2
