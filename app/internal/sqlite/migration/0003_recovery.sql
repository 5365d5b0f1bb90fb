-- The ten recovery codes of a person: enough to find and know one, and nothing that
-- gives one away (docs/security.md#recovery-codes).
CREATE TABLE recovery_codes (
    selector TEXT    NOT NULL PRIMARY KEY CHECK (length(selector) > 0),
    user_id  TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL CHECK (number > 0),
    verifier TEXT    NOT NULL CHECK (length(verifier) > 0),
    made_at  INTEGER NOT NULL,
    used_at  INTEGER,
    void_at  INTEGER,
    UNIQUE (user_id, number)
) STRICT, WITHOUT ROWID;

-- Who does not want to be offered any.
CREATE TABLE recovery_declined (
    user_id     TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    declined_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How the codes of this profile begin, and who guesses at them.
CREATE TABLE recovery_guesses (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    tag    TEXT    NOT NULL,
    failed INTEGER NOT NULL CHECK (failed >= 0),
    at     INTEGER,
    until  INTEGER
) STRICT;
INSERT INTO recovery_guesses (id, tag, failed) VALUES (1, '', 0);

-- Those of people of another directory, as in users_elsewhere.
CREATE TABLE recovery_codes_elsewhere (
    directory TEXT    NOT NULL,
    selector  TEXT    NOT NULL,
    user_id   TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    verifier  TEXT    NOT NULL,
    made_at   INTEGER NOT NULL,
    used_at   INTEGER,
    void_at   INTEGER,
    PRIMARY KEY (directory, selector)
) STRICT, WITHOUT ROWID;

-- A session that a recovery code opened was confirmed by no identity.
DROP VIEW signed_in;
ALTER TABLE sessions ALTER COLUMN identity_id DROP NOT NULL;
CREATE VIEW signed_in AS
SELECT s.id AS session_id, s.key_id, s.generation, s.current_jti, s.previous_jti, s.rotated_at, s.rotated_launch, s.reissues,
       s.created_at AS session_created_at, s.confirmed_at AS session_confirmed_at, s.claimed_at, s.seen_at, s.idle_until, s.absolute_end,
       s.ended_at, s.end_reason,
       u.id AS user_id, u.nick, u.created_at AS user_created_at, u.renamed_at,
       coalesce(i.id, '') AS identity_id, coalesce(i.issuer, '') AS issuer, coalesce(i.subject, '') AS subject,
       coalesce(i.provider, '') AS provider, coalesce(i.login, '') AS login, coalesce(i.nickname, '') AS nickname,
       coalesce(i.name, '') AS name, coalesce(i.email, '') AS email, coalesce(i.email_verified, 0) AS email_verified,
       coalesce(i.notice, '') AS notice, i.linked_at, i.confirmed_at AS identity_confirmed_at
FROM sessions s
JOIN users u ON u.id = s.user_id
LEFT JOIN identities i ON i.user_id = s.user_id AND i.id = s.identity_id;
