DELETE FROM pending_signups WHERE expires_at <= +?1
