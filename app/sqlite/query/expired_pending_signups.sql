SELECT EXISTS (SELECT 1 FROM pending_signups WHERE expires_at <= +?1)
