-- What an unlinking, a deletion and the upkeep of every minute look for, so that none of
-- them reads a table from one end to the other.
CREATE INDEX tickets_of_identity ON tickets (issuer, subject);
CREATE INDEX sessions_absolute_end ON sessions (absolute_end);
CREATE INDEX former_names_until ON former_names (until);
