INSERT OR IGNORE INTO outbox (session_id, sealed, ended_at)
SELECT g.session_id, g.sealed, s.ended_at FROM grants g JOIN sessions s ON s.id = g.session_id WHERE s.ended_at IS NOT NULL
