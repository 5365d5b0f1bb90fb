-- What version 5 wrote, two people in it: those of version 4 after the next migration, and a nickname that rests.
PRAGMA page_size = 1024;
BEGIN TRANSACTION;
CREATE TABLE users (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) > 0),
    nick          TEXT    NOT NULL CHECK (length(nick) > 0 AND instr(nick, char(0)) = 0
                                          AND length(CAST(nick AS BLOB)) <= 64),
    nick_key      TEXT    NOT NULL UNIQUE CHECK (length(nick_key) > 0 AND instr(nick_key, char(0)) = 0),
    nick_skeleton TEXT    NOT NULL UNIQUE CHECK (length(nick_skeleton) > 0 AND instr(nick_skeleton, char(0)) = 0),
    keys_version  INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    renamed_at    INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO users VALUES('g5vwamnwizn3ecinsf6t5eforb','둘리','둘리','둘리',1,1795510800123,NULL);
INSERT INTO users VALUES('p52xicahzor3dd6man4y2mvhnm','Kim','kim','klm',1,1795510800123,NULL);
CREATE TABLE identities (
    id             TEXT    NOT NULL CHECK (length(id) > 0),
    user_id        TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer         TEXT    NOT NULL CHECK (length(issuer) > 0),
    subject        TEXT    NOT NULL CHECK (length(subject) > 0),
    provider       TEXT    NOT NULL CHECK (length(provider) > 0),
    login          TEXT    NOT NULL,
    nickname       TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    notice         TEXT    NOT NULL,
    linked_at      INTEGER NOT NULL,
    confirmed_at   INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO identities VALUES('jf57atdcesfwmmxxllf633o7jg','p52xicahzor3dd6man4y2mvhnm','https://github.com','1','github','octocat1','','','o@example.com',1,'email_missing',1795510800123,1795510800123);
INSERT INTO identities VALUES('qfpyn2r3dhtqwzka634hyduwyf','g5vwamnwizn3ecinsf6t5eforb','https://github.com','2','github','octocat2','','','o@example.com',1,'email_missing',1795510800123,1795510800123);
CREATE TABLE sessions (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) > 0),
    user_id         TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identity_id     TEXT,
    key_id          TEXT    NOT NULL,
    generation      INTEGER NOT NULL CHECK (generation > 0),
    current_jti     TEXT    NOT NULL,
    previous_jti    TEXT    NOT NULL,
    rotated_at      INTEGER,
    rotated_launch  TEXT    NOT NULL,
    reissues        INTEGER NOT NULL CHECK (reissues >= 0),
    created_at      INTEGER NOT NULL,
    confirmed_at    INTEGER NOT NULL,
    claimed_at      INTEGER,
    seen_at         INTEGER,
    idle_until      INTEGER NOT NULL,
    absolute_end    INTEGER NOT NULL,
    ended_at        INTEGER,
    end_reason      TEXT    NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason = '')),
    FOREIGN KEY (user_id, identity_id) REFERENCES identities (user_id, id)
) STRICT;
INSERT INTO sessions VALUES('s1','p52xicahzor3dd6man4y2mvhnm','jf57atdcesfwmmxxllf633o7jg','k1',1,'s1.1','',NULL,'',0,1795510800123,1795510800123,NULL,NULL,1798102800123,1803286800123,NULL,'');
INSERT INTO sessions VALUES('s2','g5vwamnwizn3ecinsf6t5eforb','qfpyn2r3dhtqwzka634hyduwyf','k1',1,'s2.1','',NULL,'',0,1795510800123,1795510800123,NULL,NULL,1798102800123,1803286800123,NULL,'');
CREATE TABLE pending_signups (
    id         TEXT    NOT NULL CHECK (length(id) > 0),
    issuer     TEXT    NOT NULL CHECK (length(issuer) > 0),
    subject    TEXT    NOT NULL CHECK (length(subject) > 0),
    sealed     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
INSERT INTO pending_signups VALUES('p1','https://github.com','1',X'7365616C6564',1795510800123,1795597200123);
INSERT INTO pending_signups VALUES('p2','https://github.com','2',X'7365616C6564',1795510800123,1795597200123);
CREATE TABLE events (
    user_id TEXT    NOT NULL,
    id      INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL CHECK (length(kind) > 0),
    detail  TEXT    NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO events VALUES('g5vwamnwizn3ecinsf6t5eforb',1,1795510800123,'signed_up','github');
INSERT INTO events VALUES('p52xicahzor3dd6man4y2mvhnm',1,1795510800123,'signed_up','github');
CREATE TABLE former_names (
    id            INTEGER PRIMARY KEY,
    user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    nick          TEXT    NOT NULL CHECK (length(nick) > 0 AND instr(nick, char(0)) = 0),
    nick_key      TEXT    NOT NULL,
    nick_skeleton TEXT    NOT NULL,
    keys_version  INTEGER NOT NULL,
    until         INTEGER NOT NULL
) STRICT;
INSERT INTO former_names VALUES(1,'p52xicahzor3dd6man4y2mvhnm','고길동','고길동','고길동',1,1798102800123);
CREATE TABLE key_records (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) > 0),
    store       TEXT    NOT NULL CHECK (length(store) > 0),
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    created_at  INTEGER NOT NULL
) STRICT;
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY CHECK (length(name) > 0),
    value TEXT NOT NULL
) STRICT;
INSERT INTO settings VALUES('nickname_version','1');
CREATE TABLE clock (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    mark   INTEGER,
    anchor INTEGER
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id, identity_id);
CREATE INDEX former_names_key ON former_names (nick_key);
CREATE INDEX former_names_skeleton ON former_names (nick_skeleton);
CREATE INDEX former_names_of_user ON former_names (user_id);
CREATE TABLE grants (
    session_id TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    remote_id  TEXT    NOT NULL CHECK (length(remote_id) > 0),
    sealed     BLOB    NOT NULL,
    contact_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO grants VALUES('s1','r1',X'7365616C6564',1795510800123);
CREATE TABLE outbox (
    session_id TEXT    NOT NULL PRIMARY KEY,
    sealed     BLOB    NOT NULL,
    ended_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO recovery_codes VALUES('01ABCDE','p52xicahzor3dd6man4y2mvhnm',1,'v',1795510800123,NULL,NULL);
CREATE TABLE recovery_declined (
    user_id     TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    declined_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO recovery_declined VALUES('g5vwamnwizn3ecinsf6t5eforb',1795510800123);
CREATE TABLE recovery_guesses (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    tag    TEXT    NOT NULL,
    failed INTEGER NOT NULL CHECK (failed >= 0),
    at     INTEGER,
    until  INTEGER
) STRICT;
INSERT INTO recovery_guesses VALUES(1,'01',0,NULL,NULL);
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
CREATE TABLE merges (
    from_id            TEXT    NOT NULL PRIMARY KEY CHECK (length(from_id) > 0),
    into_id            TEXT    NOT NULL CHECK (length(into_id) > 0 AND into_id <> from_id),
    provider           TEXT    NOT NULL,
    at                 INTEGER NOT NULL,
    until              INTEGER NOT NULL CHECK (until > at),
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
INSERT INTO merges VALUES('third','p52xicahzor3dd6man4y2mvhnm','github',1795510800123,1798102800123,1,1,'고길동','고길동','고길동',1,1795510800123,NULL,'Kim','kim','klm',1,1795510800123,NULL);
CREATE INDEX merges_into ON merges (into_id);
CREATE TABLE merged_identities (
    from_id TEXT NOT NULL REFERENCES merges (from_id) ON DELETE CASCADE,
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (from_id, issuer, subject)
) STRICT, WITHOUT ROWID;
INSERT INTO merged_identities VALUES('third','https://github.com','33');
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
CREATE TABLE resting_names (
    key_tag      TEXT    NOT NULL PRIMARY KEY CHECK (length(key_tag) = 64),
    skeleton_tag TEXT    NOT NULL CHECK (length(skeleton_tag) = 64),
    until        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO resting_names VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1798102800123);
CREATE INDEX resting_names_skeleton ON resting_names (skeleton_tag);
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
COMMIT;
PRAGMA user_version = 5;
PRAGMA application_id = 0;
