-- When the absorbed one said that they want no recovery codes: it comes back with them.
ALTER TABLE merges ADD COLUMN from_declined_at INTEGER;
