INSERT INTO grants (session_id, remote_id, sealed, contact_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (session_id) DO UPDATE SET remote_id = excluded.remote_id, sealed = excluded.sealed, contact_at = excluded.contact_at
