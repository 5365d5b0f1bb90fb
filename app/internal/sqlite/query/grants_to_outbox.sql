INSERT OR IGNORE INTO outbox (session_id, sealed, ended_at) SELECT session_id, sealed, ?1 FROM grants
