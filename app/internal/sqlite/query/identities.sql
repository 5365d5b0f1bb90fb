SELECT id, user_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at
FROM identities WHERE user_id = +?1 ORDER BY linked_at, id
