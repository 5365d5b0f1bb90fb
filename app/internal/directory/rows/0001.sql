-- One text for both engines: rows.DB writes BIGINT, BYTEA, NUMBERED and STRICT as
-- each of them has it. Times are milliseconds since 1970 in UTC; a time that has not
-- come is NULL; yes and no are 1 and 0.
CREATE TABLE users (
    id            TEXT   NOT NULL PRIMARY KEY,
    nick          TEXT   NOT NULL,
    nick_key      TEXT   NOT NULL,
    nick_skeleton TEXT   NOT NULL,
    keys_version  BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    renamed_at    BIGINT,
    CONSTRAINT users_nick_key UNIQUE (nick_key),
    CONSTRAINT users_nick_skeleton UNIQUE (nick_skeleton)
) STRICT;

-- A provider's word finds an account by issuer and subject and by nothing else.
CREATE TABLE identities (
    id             TEXT   NOT NULL,
    user_id        TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer         TEXT   NOT NULL,
    subject        TEXT   NOT NULL,
    provider       TEXT   NOT NULL,
    login          TEXT   NOT NULL,
    nickname       TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    email          TEXT   NOT NULL,
    email_verified BIGINT NOT NULL CHECK (email_verified IN (0, 1)),
    notice         TEXT   NOT NULL,
    linked_at      BIGINT NOT NULL,
    confirmed_at   BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, id)
) STRICT;

-- The pair of columns in the foreign key makes it impossible that a session of
-- one user was confirmed by the identity of another.
CREATE TABLE sessions (
    id              TEXT   NOT NULL PRIMARY KEY,
    user_id         TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identity_id     TEXT   NOT NULL,
    key_id          TEXT   NOT NULL,
    generation      BIGINT NOT NULL CHECK (generation > 0),
    current_jti     TEXT   NOT NULL,
    previous_jti    TEXT   NOT NULL,
    rotated_at      BIGINT NOT NULL,
    reissues        BIGINT NOT NULL CHECK (reissues >= 0),
    created_at      BIGINT NOT NULL,
    confirmed_at    BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    idle_until      BIGINT NOT NULL,
    absolute_end    BIGINT NOT NULL,
    ended_at        BIGINT,
    end_reason      TEXT   NOT NULL,
    device_name     TEXT   NOT NULL,
    device_platform TEXT   NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason = '')),
    FOREIGN KEY (user_id, identity_id) REFERENCES identities (user_id, id)
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id, identity_id);

-- A confirmed identity that somebody holds a ticket for, by the ticket's hash.
-- session_id is the session that it made, once it has made one.
CREATE TABLE tickets (
    hash       TEXT   NOT NULL PRIMARY KEY,
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    sealed     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    session_id TEXT   NOT NULL
) STRICT;
CREATE INDEX tickets_expiry ON tickets (expires_at);

-- A name that passed a check, kept for its owner (a ticket's hash or a user) for a moment.
CREATE TABLE holds (
    owner         TEXT   NOT NULL PRIMARY KEY,
    nick_key      TEXT   NOT NULL,
    nick_skeleton TEXT   NOT NULL,
    until         BIGINT NOT NULL,
    CONSTRAINT holds_nick_key UNIQUE (nick_key),
    CONSTRAINT holds_nick_skeleton UNIQUE (nick_skeleton)
) STRICT;

CREATE TABLE events (
    id      NUMBERED,
    user_id TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    detail  TEXT   NOT NULL
) STRICT;
CREATE INDEX events_of_user ON events (user_id, id);

CREATE TABLE former_names (
    id            NUMBERED,
    user_id       TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    nick          TEXT   NOT NULL,
    nick_key      TEXT   NOT NULL,
    nick_skeleton TEXT   NOT NULL,
    keys_version  BIGINT NOT NULL,
    until         BIGINT NOT NULL
) STRICT;
CREATE INDEX former_names_key ON former_names (nick_key);
CREATE INDEX former_names_skeleton ON former_names (nick_skeleton);
CREATE INDEX former_names_of_user ON former_names (user_id);

CREATE TABLE device_codes (
    id         TEXT   NOT NULL PRIMARY KEY,
    provider   TEXT   NOT NULL,
    sealed     BYTEA  NOT NULL,
    pause      BIGINT NOT NULL,
    next_poll  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) STRICT;
CREATE INDEX device_codes_expiry ON device_codes (expires_at);

-- The keys that sign access tokens; sealed holds the private half.
CREATE TABLE signing_keys (
    id          TEXT   NOT NULL PRIMARY KEY,
    public      BYTEA  NOT NULL,
    sealed      BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL,
    active_from BIGINT NOT NULL
) STRICT;

-- How often something happened in the minute that began then.
CREATE TABLE limits (
    name   TEXT   NOT NULL PRIMARY KEY,
    began  BIGINT NOT NULL,
    times  BIGINT NOT NULL
) STRICT;
CREATE INDEX limits_began ON limits (began);

CREATE VIEW signed_in AS
SELECT s.id AS session_id, s.key_id, s.generation, s.current_jti, s.previous_jti, s.rotated_at, s.reissues,
       s.created_at AS session_created_at, s.confirmed_at AS session_confirmed_at, s.seen_at, s.idle_until, s.absolute_end,
       s.ended_at, s.end_reason, s.device_name, s.device_platform,
       u.id AS user_id, u.nick, u.created_at AS user_created_at, u.renamed_at,
       i.id AS identity_id, i.issuer, i.subject, i.provider, i.login, i.nickname, i.name, i.email, i.email_verified, i.notice,
       i.linked_at, i.confirmed_at AS identity_confirmed_at
FROM sessions s
JOIN users u ON u.id = s.user_id
JOIN identities i ON i.user_id = s.user_id AND i.id = s.identity_id;
