-- Two accounts that were brought together, for as long as that can be undone. The one
-- that was absorbed has no other row: it stands here whole, and so does the one that
-- went on, as it was before. They have no foreign key to users, since of two that are
-- brought together the second may have absorbed a third.
CREATE TABLE merges (
    from_id            TEXT    NOT NULL PRIMARY KEY CHECK (length(from_id) > 0),
    into_id            TEXT    NOT NULL CHECK (length(into_id) > 0 AND into_id <> from_id),
    provider           TEXT    NOT NULL,
    at                 INTEGER NOT NULL,
    until              INTEGER NOT NULL CHECK (until > at),
    -- The absorbed timeline is the survivor's from the event after the first on, as
    -- many as the second: the IDs are its own, moved on by the first.
    events_before      INTEGER NOT NULL CHECK (events_before >= 0),
    events_last        INTEGER NOT NULL CHECK (events_last >= 0),
    from_nick          TEXT    NOT NULL,
    from_nick_key      TEXT    NOT NULL,
    from_nick_skeleton TEXT    NOT NULL,
    from_keys_version  INTEGER NOT NULL,
    from_created_at    INTEGER NOT NULL,
    from_renamed_at    INTEGER,
    into_nick          TEXT    NOT NULL,
    into_nick_key      TEXT    NOT NULL,
    into_nick_skeleton TEXT    NOT NULL,
    into_keys_version  INTEGER NOT NULL,
    into_created_at    INTEGER NOT NULL,
    into_renamed_at    INTEGER
) STRICT;
CREATE INDEX merges_into ON merges (into_id);

-- What was the absorbed one's, by what tells it for good.
CREATE TABLE merged_identities (
    from_id TEXT NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (from_id, issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE merged_sessions (
    from_id     TEXT NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    session_id  TEXT NOT NULL,
    identity_id TEXT,
    PRIMARY KEY (from_id, session_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE merged_names (
    from_id TEXT    NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    nick    TEXT    NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (from_id, nick, until)
) STRICT, WITHOUT ROWID;
-- The recovery codes of the absorbed one open nothing until they are back.
CREATE TABLE merged_codes (
    from_id  TEXT    NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    selector TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    verifier TEXT    NOT NULL,
    made_at  INTEGER NOT NULL,
    used_at  INTEGER,
    void_at  INTEGER,
    PRIMARY KEY (from_id, selector)
) STRICT, WITHOUT ROWID;
