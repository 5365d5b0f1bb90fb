-- The nicknames of deleted accounts, by keyed hashes, until somebody else may take them.
CREATE TABLE resting_names (
    key_tag      TEXT   NOT NULL PRIMARY KEY,
    skeleton_tag TEXT   NOT NULL,
    until        BIGINT NOT NULL
) STRICT;
CREATE INDEX resting_names_skeleton ON resting_names (skeleton_tag);
CREATE INDEX resting_names_until ON resting_names (until);
