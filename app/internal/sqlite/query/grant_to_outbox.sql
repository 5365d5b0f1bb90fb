INSERT OR IGNORE INTO outbox (session_id, sealed, ended_at)
SELECT session_id, sealed, ?2 FROM grants WHERE session_id = +?1
