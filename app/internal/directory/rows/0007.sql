-- Two accounts of one person that were brought together, for as long as that can be
-- undone. The one that was absorbed has no other row: it stands here whole, and so does
-- the one that went on, as it was before. They have no foreign key to users, since of two
-- that are brought together the second may have absorbed a third.
CREATE TABLE merges (
    id                 NUMBERED,
    from_id            TEXT   NOT NULL UNIQUE,
    into_id            TEXT   NOT NULL CHECK (into_id <> from_id),
    provider           TEXT   NOT NULL,
    at                 BIGINT NOT NULL,
    until              BIGINT NOT NULL CHECK (until > at),
    from_nick          TEXT   NOT NULL,
    from_nick_key      TEXT   NOT NULL,
    from_nick_skeleton TEXT   NOT NULL,
    from_keys_version  BIGINT NOT NULL,
    from_created_at    BIGINT NOT NULL,
    from_renamed_at    BIGINT,
    from_declined      BIGINT NOT NULL,
    into_nick          TEXT   NOT NULL,
    into_nick_key      TEXT   NOT NULL,
    into_nick_skeleton TEXT   NOT NULL,
    into_keys_version  BIGINT NOT NULL,
    into_created_at    BIGINT NOT NULL,
    into_renamed_at    BIGINT
) STRICT;
CREATE INDEX merges_into ON merges (into_id);
CREATE INDEX merges_until ON merges (until);

-- What was the absorbed one's, by what tells it for good.
CREATE TABLE merged_identities (
    from_id TEXT NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (from_id, issuer, subject)
) STRICT;
CREATE TABLE merged_names (
    from_id TEXT   NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    nick    TEXT   NOT NULL,
    until   BIGINT NOT NULL,
    PRIMARY KEY (from_id, nick, until)
) STRICT;
CREATE TABLE merged_events (
    from_id  TEXT   NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    event_id BIGINT NOT NULL,
    PRIMARY KEY (from_id, event_id)
) STRICT;

-- The recovery codes of the absorbed one open nothing until they are back.
CREATE TABLE merged_codes (
    from_id    TEXT   NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    selector   TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    verifier   TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT   NOT NULL,
    session_id TEXT   NOT NULL,
    PRIMARY KEY (from_id, selector)
) STRICT;

-- Whose account became another's for good: nothing of it but that.
CREATE TABLE lapsed_merges (
    from_id TEXT NOT NULL PRIMARY KEY,
    into_id TEXT NOT NULL
) STRICT;
CREATE INDEX lapsed_merges_into ON lapsed_merges (into_id);

-- Which merges were undone a moment ago, so that whoever did not hear the answer may ask
-- again.
CREATE TABLE undone_merges (
    from_id TEXT   NOT NULL PRIMARY KEY,
    into_id TEXT   NOT NULL,
    at      BIGINT NOT NULL
) STRICT;
CREATE INDEX undone_merges_at ON undone_merges (at);
