INSERT OR REPLACE INTO identities_elsewhere (directory, id, user_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at)
SELECT ?1, id, user_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at FROM identities
