//go:build faults && crashtest && linux

package faults_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// promise is what a profile has answered so far: what must be there after any
// fault (docs/security.md#what-holds-after-any-fault).
type promise struct {
	At                time.Time
	Install, Key      string
	Pending           string
	User, Session     string
	Token             string
	Nickname          string
	SignedOut         bool
	Door              door
	Codes             []string
	Done              map[string]bool // the acts that were answered
	Signed            bool            // somebody may have an account, acknowledged or not
	errors            []string
	doubt             string // the act that was under way, or empty
	started, finished bool
}

// keep adds what a worker printed. acts are what it was to do.
func (p promise) keep(out string, acts ...string) promise {
	p.errors, p.started, p.finished = nil, false, false
	p.Done, p.Codes = map[string]bool{}, slices.Clone(p.Codes)
	done := 0
	for line := range strings.Lines(out) {
		if !strings.HasSuffix(line, "\n") {
			break // cut by the fault, so nobody read it
		}
		w := strings.Fields(line)
		if len(w) > 1 && w[0] == "error" {
			p.errors = append(p.errors, strings.TrimSpace(line))
		}
		if len(w) < 2 || w[0] != "ack" {
			continue
		}
		switch w[1] {
		case "start":
			p.started, p.Install, p.Key = true, w[2], w[3]
		case "pending":
			p.Pending = w[2]
			continue
		case signIn:
			p.User, p.Session, p.Token, p.SignedOut, p.Pending = w[2], w[3], "", false, ""
			if p.Nickname == "" {
				p.Nickname = firstName
			}
		case claim, rotate:
			p.Token = w[2]
		case rename:
			p.Nickname = w[2]
		case signOut:
			p.SignedOut = true
		case wait:
			p.At = p.At.Add(waits)
		case atDoor:
			p.Door = p.Door.with(w[2], w[3])
			continue
		case aCode:
			p.Codes = append(p.Codes, w[2])
			continue
		case outOf:
			p.Door.Out = true
		case "leave":
			p.finished = true
		}
		p.Done[w[1]] = true
		if slices.Contains(acts, w[1]) {
			done++
		}
	}
	p.doubt = ""
	if done < len(acts) {
		p.doubt = acts[done]
	}
	return p
}

// check starts the program once more on dir and holds it to p: everything that
// was answered is there, what was under way is there wholly or not at all, and the
// person who tries again is the same one user. It uses the profile up.
func (p promise) check(dir string) error {
	return p.checkAt(dir, p.At.Add(time.Minute))
}

func (p promise) checkAt(dir string, at time.Time) (err error) {
	if damaged, _ := filepath.Glob(filepath.Join(dir, "*.damaged-*")); slices.ContainsFunc(damaged, func(n string) bool {
		return !strings.HasPrefix(filepath.Base(n), "key.damaged-") // an orphan of a killed first start
	}) {
		return fmt.Errorf("something was set aside: %v", damaged)
	}
	c := &clock{at: at}
	h, err := enter(dir, c)
	if err != nil {
		return fmt.Errorf("the next start: %w", err)
	}
	defer func() { err = errors.Join(err, h.leave()) }()
	if err := sound(dir); err != nil {
		return err
	}
	key, _ := h.keys.Current()
	if p.Install != "" && h.install.ID != p.Install {
		return errors.New("another installation")
	}
	if p.Key != "" && key != p.Key {
		return errors.New("another key")
	}

	// The account: acknowledged is kept, and all of it or none.
	before, err := h.db.UserByIdentity(ctx, person.Key)
	exists := err == nil
	if err != nil && app.CodeOf(err) != app.CodeNotFound {
		return err
	}
	if p.User != "" && (!exists || before.ID != p.User) {
		return fmt.Errorf("the account %s is lost: %+v", p.User, before)
	}
	if p.User == "" && exists && p.doubt != signIn {
		return fmt.Errorf("an account from nowhere: %+v", before)
	}
	if exists && before.Nickname != p.Nickname && (p.Nickname != "" || before.Nickname != firstName) &&
		(p.doubt != rename || before.Nickname != secondName) {
		return fmt.Errorf("the nickname is %q, not %q", before.Nickname, p.Nickname)
	}
	row, err := h.db.PendingSignUp(ctx, c.Now())
	if exists && app.CodeOf(err) != app.CodeNotFound {
		return fmt.Errorf("a sign-up that is done is open: %w", err)
	}
	if p.Pending != "" && !exists {
		if err != nil || row.ID != p.Pending {
			return fmt.Errorf("the open sign-up is lost: %q %w", row.ID, err)
		}
		if profile, err := h.sessions.OpenProfile(row.Sealed, row.ID); err != nil || profile != person {
			return fmt.Errorf("the open sign-up: %+v %w", profile, err)
		}
	}

	// The session: acknowledged is kept, in one live generation.
	token, err := h.resume(p, exists)
	if err != nil {
		return err
	}

	// The same act again, and an old token that comes back, leave one user.
	if token != "" {
		if err := h.reuse(p, token); err != nil {
			return err
		}
	}
	in, err := h.signIn(func(...any) {})
	if err != nil {
		return fmt.Errorf("trying again: %w", err)
	}
	if exists && in.User != before {
		return fmt.Errorf("trying again made %+v, before %+v", in.User, before)
	}
	if _, pair, err := h.sessions.Claim(ctx, in.Session.ID); err != nil {
		return fmt.Errorf("trying again: %w", err)
	} else if who, err := h.sessions.Verify(ctx, pair.Access); err != nil || who.User != in.User {
		return fmt.Errorf("trying again: %+v %w", who.User, err)
	}
	if _, err := h.db.Rename(ctx, in.User.ID, nick(secondName), c.Now()); err != nil {
		return fmt.Errorf("renaming again: %w", err)
	}
	if err := sound(dir); err != nil {
		return err
	}
	users, identities, _, err := counts(dir)
	if err == nil && (users != 1 || identities != 1) {
		err = fmt.Errorf("%d users, %d identities", users, identities)
	}
	return err
}

// resume does what the window does at a start with what the jar holds, and
// returns the token that it ends up with; empty if the person has to sign in.
func (h *house) resume(p promise, exists bool) (string, error) {
	if p.Token == "" {
		// Nothing in the jar: a session that nobody claimed is claimed now.
		in, err := h.sessions.Unclaimed(ctx)
		if app.CodeOf(err) == app.CodeSessionNone {
			if p.Session != "" && !p.SignedOut && p.doubt != claim && p.doubt != signIn {
				return "", errors.New("the unclaimed session is lost")
			}
			if exists && p.User == "" {
				return "", errors.New("an account without a session")
			}
			return "", nil
		} else if err != nil {
			return "", err
		}
		if p.Session != "" && in.Session.ID != p.Session && p.doubt != signIn {
			return "", fmt.Errorf("another unclaimed session: %s, not %s", in.Session.ID, p.Session)
		}
		_, pair, err := h.sessions.Claim(ctx, in.Session.ID)
		if err != nil {
			return "", fmt.Errorf("claim: %w", err)
		}
		return pair.Refresh, nil
	}
	_, pair, err := h.sessions.Rotate(ctx, p.Token)
	switch {
	case p.SignedOut:
		if app.CodeOf(err) != app.CodeSessionRevoked {
			return "", fmt.Errorf("after a sign-out: %w", err)
		}
		return "", nil
	case p.doubt == signOut && app.CodeOf(err) == app.CodeSessionRevoked:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("the session is lost: %w", err)
	}
	if who, err := h.sessions.Verify(ctx, pair.Access); err != nil || who.User.ID != p.User {
		return "", fmt.Errorf("resumed: %+v %w", who.User, err)
	}
	return pair.Refresh, nil
}

// reuse rotates twice and presents the old token: the one live generation is the
// newest, and the session ends for everybody else.
func (h *house) reuse(p promise, token string) error {
	newest := token
	for range 2 {
		h.clock.move(waits)
		_, pair, err := h.sessions.Rotate(ctx, newest)
		if err != nil {
			return fmt.Errorf("the next rotation: %w", err)
		}
		newest = pair.Refresh
	}
	if _, _, err := h.sessions.Rotate(ctx, token); app.CodeOf(err) != app.CodeSessionReused {
		return fmt.Errorf("an old token that came back: %w", err)
	}
	if _, _, err := h.sessions.Rotate(ctx, newest); app.CodeOf(err) != app.CodeSessionReused {
		return fmt.Errorf("the newest token after reuse: %w", err)
	}
	return nil
}

// look opens the file beside the program, with the driver that it registered.
func look(dir string) (*sql.DB, error) {
	return sql.Open("sqlite3", "file:"+filepath.Join(dir, "munpae.db")+"?mode=rw&_query_only=1&_busy_timeout=2000")
}

// sound finds a file that is not sound, and what is half there in any profile: a
// user without an identity or the other way round, no session of nobody.
func sound(dir string) error {
	db, err := look(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	var verdict string
	var broken int
	var half string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil {
		return err
	}
	if err := db.QueryRow("SELECT count(*) FROM pragma_foreign_key_check").Scan(&broken); err != nil {
		return err
	}
	err = db.QueryRow(`SELECT coalesce(group_concat(what || ' ' || id, ', '), '') FROM (
		SELECT 'user without identity' AS what, id FROM users WHERE id NOT IN (SELECT user_id FROM identities)
		UNION ALL SELECT 'user without session', id FROM users WHERE id NOT IN (SELECT user_id FROM sessions)
		UNION ALL SELECT 'session of nobody', id FROM sessions WHERE user_id NOT IN (SELECT id FROM users))`).Scan(&half)
	if err != nil {
		return err
	}
	if verdict != "ok" || broken != 0 || half != "" {
		return fmt.Errorf("integrity %s, %d foreign keys broken, half rows: %s", verdict, broken, half)
	}
	return nil
}

func counts(dir string) (users, identities, sessions int, err error) {
	db, err := look(dir)
	if err != nil {
		return 0, 0, 0, err
	}
	defer db.Close()
	err = db.QueryRow("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM identities), (SELECT count(*) FROM sessions)").
		Scan(&users, &identities, &sessions)
	return users, identities, sessions, err
}
