-- A provider's token that can withdraw what was granted there, by the hash of the ticket
-- that the same confirmation made, for the minutes in which a risky act may follow.
-- sealed is empty once it was withdrawn.
CREATE TABLE grants (
    hash       TEXT   NOT NULL PRIMARY KEY,
    provider   TEXT   NOT NULL,
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    sealed     BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
) STRICT;
CREATE INDEX grants_expiry ON grants (expires_at);
