DELETE FROM pending_signups
