SELECT g.session_id, s.user_id, g.remote_id, g.sealed, g.contact_at
FROM grants g JOIN sessions s ON s.id = g.session_id
WHERE s.ended_at IS NULL ORDER BY s.created_at DESC, s.id
