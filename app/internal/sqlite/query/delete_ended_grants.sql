DELETE FROM grants WHERE session_id IN (SELECT g.session_id FROM grants g JOIN sessions s ON s.id = g.session_id WHERE s.ended_at IS NOT NULL)
