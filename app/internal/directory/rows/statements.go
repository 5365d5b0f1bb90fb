package rows

// signedInColumns is the view signed_in in the order in which scanSignedIn reads it.
const signedInColumns = `SELECT session_id, key_id, generation, current_jti, previous_jti, rotated_at, reissues, session_created_at, session_confirmed_at,
	seen_at, idle_until, absolute_end, ended_at, end_reason, device_name, device_platform, by_code,
	user_id, nick, user_created_at, renamed_at,
	identity_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, identity_confirmed_at
	FROM signed_in `

// nicknameFree is 0 if a name is free for owner, 1 if it is taken (the same compare
// key), 2 if it looks like another (the same skeleton), 3 if somebody holds it.
// $1 key, $2 skeleton, $3 the user, $4 now, $5 the owner of the hold, $6 and $7 what key
// and skeleton are told by where they rest.
const nicknameFree = `CASE
	WHEN EXISTS (SELECT 1 FROM users WHERE nick_key = $1 AND id <> $3)
	  OR EXISTS (SELECT 1 FROM former_names WHERE nick_key = $1 AND user_id <> $3 AND until > $4)
	  OR EXISTS (SELECT 1 FROM resting_names WHERE key_tag = $6 AND until > $4) THEN 1
	WHEN EXISTS (SELECT 1 FROM users WHERE nick_skeleton = $2 AND id <> $3)
	  OR EXISTS (SELECT 1 FROM former_names WHERE nick_skeleton = $2 AND user_id <> $3 AND until > $4)
	  OR EXISTS (SELECT 1 FROM resting_names WHERE skeleton_tag = $7 AND until > $4) THEN 2
	WHEN EXISTS (SELECT 1 FROM holds WHERE (nick_key = $1 OR nick_skeleton = $2) AND owner <> $5 AND until > $4) THEN 3
	ELSE 0 END`

// mergeColumns are those of merges in the order in which scanMerge reads them.
const mergeColumns = `SELECT from_id, into_id, provider, at, until,
	from_nick, from_nick_key, from_nick_skeleton, from_keys_version, from_created_at, from_renamed_at,
	into_nick, into_nick_key, into_nick_skeleton, into_keys_version, into_created_at, into_renamed_at
	FROM merges `

// ofMerged finds the identities i that $1 brought along.
const ofMerged = `EXISTS (SELECT 1 FROM merged_identities m WHERE m.from_id = $1 AND m.issuer = i.issuer AND m.subject = i.subject)`

// statements are every statement of an act, by name. Parameters appear in the order
// of their numbers.
var statements = map[string]string{
	"schema":     `SELECT version FROM directory_schema WHERE id = 1`,
	"set_schema": `INSERT INTO directory_schema (id, version, touched) VALUES (1, $1, 0) ON CONFLICT (id) DO UPDATE SET version = excluded.version`,
	"touch":      `UPDATE directory_schema SET touched = touched + 1 WHERE id = 1`,

	"session":        signedInColumns + `WHERE session_id = $1`,
	"user_sessions":  signedInColumns + `WHERE user_id = $1 AND ended_at IS NULL AND idle_until > $2 AND session_id > $3 ORDER BY session_id LIMIT $4`,
	"insert_session": `INSERT INTO sessions (id, user_id, identity_id, key_id, generation, current_jti, previous_jti, rotated_at, reissues, created_at, confirmed_at, seen_at, idle_until, absolute_end, ended_at, end_reason, device_name, device_platform, by_code) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
	"update_session": `UPDATE sessions SET key_id = $1, generation = $2, current_jti = $3, previous_jti = $4, rotated_at = $5, reissues = $6, seen_at = $7, idle_until = $8, ended_at = $9, end_reason = $10
		WHERE id = $11 AND generation = $12 AND reissues = $13 AND ended_at IS NULL`,
	"end_session":   `UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE id = $3 AND ended_at IS NULL RETURNING user_id`,
	"end_sessions":  `UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE user_id = $3 AND id <> $4 AND ended_at IS NULL RETURNING user_id`,
	"move_sessions": `UPDATE sessions SET identity_id = $1 WHERE user_id = $2 AND identity_id = $3`,
	"drop_sessions": `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE absolute_end < $1 LIMIT 1000)`,

	"adopt_session": `UPDATE sessions SET identity_id = $1, by_code = 0, confirmed_at = $2 WHERE id = $3 AND user_id = $4 AND by_code = 1 AND ended_at IS NULL`,

	"set_recovery_tag": `INSERT INTO recovery_tag (id, tag) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`,
	"recovery_tag":     `SELECT tag FROM recovery_tag WHERE id = 1`,
	"recovery_codes":   `SELECT selector, user_id, number, verifier, made_at, used_at, used_by, session_id FROM recovery_codes WHERE user_id = $1 ORDER BY number LIMIT 100`,
	"recovery_code":    `SELECT selector, user_id, number, verifier, made_at, used_at, used_by, session_id FROM recovery_codes WHERE selector = $1`,
	"any_code":         `SELECT CASE WHEN EXISTS (SELECT 1 FROM recovery_codes) THEN 1 ELSE 0 END`,
	"insert_code":      `INSERT INTO recovery_codes (selector, user_id, number, verifier, made_at, used_by, session_id) VALUES ($1, $2, $3, $4, $5, '', '') ON CONFLICT (selector) DO NOTHING`,
	"use_code":         `UPDATE recovery_codes SET used_at = $1, used_by = $2, session_id = $3 WHERE selector = $4 AND verifier = $5 AND used_at IS NULL`,
	"drop_codes":       `DELETE FROM recovery_codes WHERE user_id = $1`,
	"decline_codes":    `UPDATE users SET codes_declined = 1 WHERE id = $1`,
	"codes_declined":   `SELECT codes_declined FROM users WHERE id = $1`,
	"guesses":          `SELECT failed, at, until FROM guesses WHERE selector = $1`,
	"set_guesses":      `INSERT INTO guesses (selector, failed, at, until) VALUES ($1, $2, $3, $4) ON CONFLICT (selector) DO UPDATE SET failed = excluded.failed, at = excluded.at, until = excluded.until`,
	"forget_guesses":   `DELETE FROM guesses WHERE selector = $1`,
	"drop_guesses":     `DELETE FROM guesses WHERE at < $1`,

	"save_ticket":   `INSERT INTO tickets (hash, issuer, subject, sealed, created_at, expires_at, session_id) VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT (hash) DO NOTHING`,
	"ticket":        `SELECT hash, issuer, subject, sealed, created_at, expires_at, session_id FROM tickets WHERE hash = $1`,
	"claim_ticket":  `UPDATE tickets SET session_id = $1 WHERE hash = $2 AND session_id = '' AND expires_at > $3 RETURNING issuer, subject`,
	"drop_tickets":  `DELETE FROM tickets WHERE hash IN (SELECT hash FROM tickets WHERE expires_at < $1 LIMIT 1000)`,
	"spend_tickets": `DELETE FROM tickets WHERE (issuer, subject) IN (SELECT issuer, subject FROM identities WHERE user_id = $1)`,

	"merge":          mergeColumns + `WHERE from_id = $1`,
	"merges":         mergeColumns + `WHERE into_id = $1 AND until > $2 ORDER BY id DESC`,
	"last_merge":     `SELECT from_id FROM merges WHERE into_id = $1 ORDER BY id DESC LIMIT 1`,
	"lapsing_merges": `SELECT from_id FROM merges WHERE until <= $1 ORDER BY until LIMIT 100`,
	"names_inside":   mergeColumns + `WHERE into_id = $1`,
	"absorbed_into":  `SELECT from_id FROM merges WHERE into_id = $1 UNION SELECT from_id FROM lapsed_merges WHERE into_id = $1`,
	"merged_into":    `SELECT into_id FROM merges WHERE from_id = $1 UNION SELECT into_id FROM lapsed_merges WHERE from_id = $1`,
	"lapsed_merge":   `SELECT into_id FROM lapsed_merges WHERE from_id = $1`,
	"drop_merge":     `DELETE FROM merges WHERE from_id = $1`,
	"drop_lapsed":    `DELETE FROM lapsed_merges WHERE from_id = $1`,
	"lapse_merge":    `INSERT INTO lapsed_merges (from_id, into_id) SELECT from_id, into_id FROM merges WHERE from_id = $1 ON CONFLICT (from_id) DO UPDATE SET into_id = excluded.into_id`,
	"note_undone":    `INSERT INTO undone_merges (from_id, into_id, at) VALUES ($1, $2, $3) ON CONFLICT (from_id) DO UPDATE SET into_id = excluded.into_id, at = excluded.at`,
	"undone_merge":   `SELECT into_id FROM undone_merges WHERE from_id = $1`,
	"drop_undone":    `DELETE FROM undone_merges WHERE from_id = $1`,
	"stale_undone":   `DELETE FROM undone_merges WHERE at < $1`,
	"insert_merge": `INSERT INTO merges (from_id, into_id, provider, at, until, from_nick, from_nick_key, from_nick_skeleton, from_keys_version, from_created_at, from_renamed_at, from_declined,
		into_nick, into_nick_key, into_nick_skeleton, into_keys_version, into_created_at, into_renamed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
	"keep_identities":   `INSERT INTO merged_identities (from_id, issuer, subject) SELECT user_id, issuer, subject FROM identities WHERE user_id = $1`,
	"keep_names":        `INSERT INTO merged_names (from_id, nick, until) SELECT DISTINCT user_id, nick, until FROM former_names WHERE user_id = $1`,
	"keep_events":       `INSERT INTO merged_events (from_id, event_id) SELECT user_id, id FROM events WHERE user_id = $1`,
	"keep_codes":        `INSERT INTO merged_codes (from_id, selector, number, verifier, made_at, used_at, used_by, session_id) SELECT user_id, selector, number, verifier, made_at, used_at, used_by, session_id FROM recovery_codes WHERE user_id = $1`,
	"forget_sessions":   `DELETE FROM sessions WHERE user_id = $1`,
	"move_identities":   `UPDATE identities SET user_id = $1 WHERE user_id = $2`,
	"move_names":        `UPDATE former_names SET user_id = $1 WHERE user_id = $2`,
	"move_events":       `UPDATE events SET user_id = $1 WHERE user_id = $2`,
	"identities_left":   `SELECT coalesce(sum(CASE WHEN ` + ofMerged + ` THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN ` + ofMerged + ` THEN 0 ELSE 1 END), 0) FROM identities i WHERE i.user_id = $2`,
	"identity_beside":   `SELECT i.id FROM identities i WHERE NOT ` + ofMerged + ` AND i.user_id = $2 ORDER BY i.confirmed_at DESC, i.id LIMIT 1`,
	"sessions_of_merge": `SELECT s.id FROM sessions s JOIN identities i ON i.user_id = s.user_id AND i.id = s.identity_id WHERE ` + ofMerged + ` AND s.user_id = $2 AND s.by_code = 0 AND s.ended_at IS NULL AND s.id <> $3`,
	"sessions_off":      `UPDATE sessions SET identity_id = $3 WHERE user_id = $2 AND identity_id IN (SELECT i.id FROM identities i WHERE ` + ofMerged + ` AND i.user_id = $2)`,
	"return_identities": `UPDATE identities SET user_id = $1 WHERE user_id = $2 AND EXISTS (SELECT 1 FROM merged_identities m WHERE m.from_id = $1 AND m.issuer = identities.issuer AND m.subject = identities.subject)`,
	"return_names":      `UPDATE former_names SET user_id = $1 WHERE user_id = $2 AND EXISTS (SELECT 1 FROM merged_names m WHERE m.from_id = $1 AND m.nick = former_names.nick AND m.until = former_names.until)`,
	"return_events":     `UPDATE events SET user_id = $1 WHERE user_id = $2 AND id IN (SELECT event_id FROM merged_events WHERE from_id = $1)`,
	// A selector that was drawn once more since is the newer code's.
	"return_codes": `INSERT INTO recovery_codes (selector, user_id, number, verifier, made_at, used_at, used_by, session_id)
		SELECT selector, from_id, number, verifier, made_at, used_at, used_by, session_id FROM merged_codes WHERE from_id = $1 ON CONFLICT (selector) DO NOTHING`,
	"return_declined": `UPDATE users SET codes_declined = (SELECT from_declined FROM merges WHERE from_id = $1) WHERE id = $1`,
	// What was held by the merge, or since: nobody's own name is held against them. The last
	// parameter is 1 where the name of before is theirs again.
	"release_name": `DELETE FROM former_names WHERE user_id = $1 AND (nick = $2 AND until > $3 OR nick = $4 AND (until = $5 OR $6 = 1 AND until > $3))`,
	// Under keys that no typed name can have: rekey_user_free gives them their own, unless
	// newer rules made the name another's since.
	"restore_user":    `INSERT INTO users (id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at) VALUES ($1, $2, $3, $3, $4, $5, $6)`,
	"rename_user_to":  `UPDATE users SET nick = $1, nick_key = $2, nick_skeleton = $2, keys_version = $3, renamed_at = $4 WHERE id = $5`,
	"rekey_user_free": `UPDATE users SET nick_key = $1, nick_skeleton = $2, keys_version = $3 WHERE id = $4 AND NOT EXISTS (SELECT 1 FROM users o WHERE o.id <> $4 AND (o.nick_key = $1 OR o.nick_skeleton = $2))`,

	"nickname_free": `SELECT ` + nicknameFree,
	"hold":          `INSERT INTO holds (owner, nick_key, nick_skeleton, until) VALUES ($1, $2, $3, $4) ON CONFLICT (owner) DO UPDATE SET nick_key = excluded.nick_key, nick_skeleton = excluded.nick_skeleton, until = excluded.until`,
	"drop_hold":     `DELETE FROM holds WHERE owner = $1`,
	"drop_holds":    `DELETE FROM holds WHERE until <= $1 AND (nick_key = $2 OR nick_skeleton = $3)`,
	"stale_holds":   `DELETE FROM holds WHERE until <= $1`,

	"user":              `SELECT id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at FROM users WHERE id = $1`,
	"insert_user":       `INSERT INTO users (id, nick, nick_key, nick_skeleton, keys_version, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
	"rename_user":       `UPDATE users SET nick = $1, nick_key = $2, nick_skeleton = $3, keys_version = $4, renamed_at = $5 WHERE id = $6`,
	"delete_user":       `DELETE FROM users WHERE id = $1`,
	"remember_deletion": `INSERT INTO deletions (hash, until) VALUES ($1, $2) ON CONFLICT (hash) DO UPDATE SET until = excluded.until`,
	"deletion":          `SELECT until FROM deletions WHERE hash = $1`,
	"drop_deletions":    `DELETE FROM deletions WHERE until < $1`,
	"count_users":       `SELECT count(*) FROM users`,
	"outdated":          `SELECT id, nick FROM users WHERE keys_version <> $1 ORDER BY id LIMIT 1000`,
	"rekey_user":        `UPDATE users SET nick_key = $1, nick_skeleton = $2, keys_version = $3 WHERE id = $4`,

	"former_names":       `SELECT nick, until FROM former_names WHERE user_id = $1 ORDER BY id DESC LIMIT 1000`,
	"insert_former_name": `INSERT INTO former_names (user_id, nick, nick_key, nick_skeleton, keys_version, until) VALUES ($1, $2, $3, $4, $5, $6)`,
	"delete_former_name": `DELETE FROM former_names WHERE user_id = $1 AND nick_key = $2`,
	"former_name_keys":   `SELECT nick_key, nick_skeleton, until FROM former_names WHERE user_id = $1 AND until > $2`,
	"rest_name": `INSERT INTO resting_names (key_tag, skeleton_tag, until) VALUES ($1, $2, $3)
		ON CONFLICT (key_tag) DO UPDATE SET skeleton_tag = excluded.skeleton_tag, until = CASE WHEN resting_names.until > excluded.until THEN resting_names.until ELSE excluded.until END`,
	"drop_rested":        `DELETE FROM resting_names WHERE until <= $1`,
	"stale_former_names": `DELETE FROM former_names WHERE until < $1`,

	"identity": `SELECT i.id, i.linked_at, u.id, u.nick, u.created_at, u.renamed_at FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2`,
	"identities": `SELECT id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at
		FROM identities WHERE user_id = $1 ORDER BY linked_at, id LIMIT 1000`,
	"insert_identity": `INSERT INTO identities (id, user_id, issuer, subject, provider, login, nickname, name, email, email_verified, notice, linked_at, confirmed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
	"confirm_identity": `UPDATE identities SET provider = $1, login = $2, nickname = $3, name = $4, email = $5, email_verified = $6, notice = $7, confirmed_at = $8
		WHERE issuer = $9 AND subject = $10`,
	"delete_identity": `DELETE FROM identities WHERE user_id = $1 AND id = $2`,

	"insert_event": `INSERT INTO events (user_id, at, kind, detail) VALUES ($1, $2, $3, $4)`,
	"events":       `SELECT id, at, kind, detail FROM events WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
	"drop_events":  `DELETE FROM events WHERE user_id = $1`,

	"save_device":  `INSERT INTO device_codes (id, provider, sealed, pause, next_poll, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
	"device":       `SELECT provider, sealed, pause, next_poll, expires_at FROM device_codes WHERE id = $1`,
	"poll_device":  `UPDATE device_codes SET next_poll = $1, pause = $2 WHERE id = $3 AND next_poll = $4`,
	"drop_devices": `DELETE FROM device_codes WHERE expires_at < $1`,

	"save_grant":  `INSERT INTO grants (hash, provider, issuer, subject, sealed, expires_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (hash) DO NOTHING`,
	"grant":       `SELECT provider, issuer, subject, sealed, expires_at FROM grants WHERE hash = $1 AND expires_at > $2`,
	"withdrawn":   `UPDATE grants SET sealed = $1 WHERE hash = $2`,
	"drop_grants": `DELETE FROM grants WHERE expires_at < $1`,

	"signing_keys": `SELECT id, public, sealed, created_at, active_from FROM signing_keys ORDER BY active_from, id`,
	"insert_key":   `INSERT INTO signing_keys (id, public, sealed, created_at, active_from) VALUES ($1, $2, $3, $4, $5)`,
	"activate_key": `UPDATE signing_keys SET active_from = $1 WHERE id = $2`,
	"drop_keys":    `DELETE FROM signing_keys WHERE id = $1`,

	"count": `INSERT INTO limits (name, began, times) VALUES ($1, $2, 1)
		ON CONFLICT (name) DO UPDATE SET times = CASE WHEN limits.began = excluded.began THEN limits.times + 1 ELSE 1 END, began = excluded.began RETURNING times`,
	"drop_limits": `DELETE FROM limits WHERE began < $1`,
}
