UPDATE identities
SET provider = ?3, login = ?4, nickname = ?5, name = ?6, email = ?7, email_verified = ?8, notice = ?9, confirmed_at = ?10
WHERE issuer = +?1 AND subject = +?2
