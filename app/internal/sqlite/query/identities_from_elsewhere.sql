INSERT INTO identities (id, user_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at)
SELECT id, user_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at
FROM identities_elsewhere WHERE directory = +?1
