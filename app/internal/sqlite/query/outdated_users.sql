-- Who has had the name longest comes first.
SELECT id, nick FROM users WHERE keys_version < +?1 ORDER BY coalesce(renamed_at, created_at), id
