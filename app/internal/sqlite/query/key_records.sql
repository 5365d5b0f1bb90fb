SELECT id, store, fingerprint, created_at FROM key_records ORDER BY created_at DESC, rowid DESC
