-- What a profile that belongs to a directory keeps beside its people: for each of its
-- own sessions what the directory knows it by, and the refresh token there, sealed.
CREATE TABLE grants (
    session_id TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    remote_id  TEXT    NOT NULL CHECK (length(remote_id) > 0),
    sealed     BLOB    NOT NULL,
    contact_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sessions that ended here and of whose end the directory has still to be told.
CREATE TABLE outbox (
    session_id TEXT    NOT NULL PRIMARY KEY,
    sealed     BLOB    NOT NULL,
    ended_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- People of another directory, or of none (''), to which the profile belonged before.
-- They are whole here, and come back when it does.
CREATE TABLE users_elsewhere (
    directory     TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    nick          TEXT    NOT NULL,
    nick_key      TEXT    NOT NULL,
    nick_skeleton TEXT    NOT NULL,
    keys_version  INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    renamed_at    INTEGER,
    PRIMARY KEY (directory, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE identities_elsewhere (
    directory      TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    user_id        TEXT    NOT NULL,
    issuer         TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    provider       TEXT    NOT NULL,
    login          TEXT    NOT NULL,
    nickname       TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    email_verified INTEGER NOT NULL,
    notice         TEXT    NOT NULL,
    linked_at      INTEGER NOT NULL,
    confirmed_at   INTEGER NOT NULL,
    PRIMARY KEY (directory, issuer, subject)
) STRICT, WITHOUT ROWID;
