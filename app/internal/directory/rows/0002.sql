-- Whose account is deleted, by a hash of the user's ID, for as long as a token of
-- theirs may still be presented. A database that was restored, or another one behind
-- the same address, then lacks sessions without anybody having deleted an account.
CREATE TABLE deletions (
    hash  TEXT   NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
) STRICT;
CREATE INDEX deletions_until ON deletions (until);
