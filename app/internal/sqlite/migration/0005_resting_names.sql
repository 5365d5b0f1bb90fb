-- The nicknames of deleted accounts, which nobody takes until they have rested. What
-- stands here is no nickname but its keyed hash, whose key is not in the database.
CREATE TABLE resting_names (
    key_tag      TEXT    NOT NULL PRIMARY KEY CHECK (length(key_tag) = 64),
    skeleton_tag TEXT    NOT NULL CHECK (length(skeleton_tag) = 64),
    until        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX resting_names_skeleton ON resting_names (skeleton_tag);
