INSERT INTO key_records (id, store, fingerprint, created_at) VALUES (?1, ?2, ?3, ?4)
