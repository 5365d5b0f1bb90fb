SELECT session_id, sealed, ended_at FROM outbox ORDER BY ended_at, session_id
