UPDATE identities
SET provider = ?2, login = ?3, nickname = ?4, name = ?5, email = ?6, email_verified = ?7, notice = ?8, confirmed_at = ?9
WHERE id = ?1
