INSERT INTO identities (id, user_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
