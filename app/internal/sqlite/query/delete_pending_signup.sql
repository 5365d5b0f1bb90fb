DELETE FROM pending_signups WHERE id = +?1
