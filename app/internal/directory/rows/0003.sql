-- A recovery code: by what it is found, and a slow hash. used_by is a hash of the
-- attempt that used it up, and session_id what it opened, so that whoever did not hear
-- the answer may ask again.
CREATE TABLE recovery_codes (
    selector   TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    number     BIGINT NOT NULL CHECK (number > 0),
    verifier   TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT   NOT NULL,
    session_id TEXT   NOT NULL,
    UNIQUE (user_id, number)
) STRICT;

-- How the codes of this directory begin.
CREATE TABLE recovery_tag (
    id  BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    tag TEXT   NOT NULL
) STRICT;

-- Recovery codes that were tried and opened nothing, by the beginning of the code,
-- whether it is one or not.
CREATE TABLE guesses (
    selector TEXT   NOT NULL PRIMARY KEY,
    failed   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    until    BIGINT NOT NULL
) STRICT;
CREATE INDEX guesses_at ON guesses (at);

ALTER TABLE users ADD COLUMN codes_declined BIGINT NOT NULL DEFAULT 0;

-- A recovery code opened the session: its identity is one of the user's, and confirmed
-- nothing in it.
ALTER TABLE sessions ADD COLUMN by_code BIGINT NOT NULL DEFAULT 0;

DROP VIEW signed_in;
CREATE VIEW signed_in AS
SELECT s.id AS session_id, s.key_id, s.generation, s.current_jti, s.previous_jti, s.rotated_at, s.reissues,
       s.created_at AS session_created_at, s.confirmed_at AS session_confirmed_at, s.seen_at, s.idle_until, s.absolute_end,
       s.ended_at, s.end_reason, s.device_name, s.device_platform, s.by_code,
       u.id AS user_id, u.nick, u.created_at AS user_created_at, u.renamed_at,
       i.id AS identity_id, i.issuer, i.subject, i.provider, i.login, i.nickname, i.name, i.email, i.email_verified, i.notice,
       i.linked_at, i.confirmed_at AS identity_confirmed_at
FROM sessions s
JOIN users u ON u.id = s.user_id
JOIN identities i ON i.user_id = s.user_id AND i.id = s.identity_id;
