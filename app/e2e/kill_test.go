//go:build e2e

package e2e

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kills is how often SE-03 is tried: MUNPAE_KILLS, 200 for the whole window.
func kills(t *testing.T) int {
	text := os.Getenv("MUNPAE_KILLS")
	if text == "" {
		t.Log("8 kills; MUNPAE_KILLS=200 tries the whole window")
		return 8
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("MUNPAE_KILLS=%q", text)
	}
	return n
}

// Killed within 50 ms of pressing Start, the account may be made or not, and the jar
// may have the pair or not; the next start goes on from there by itself.
func TestSE03_KilledAfterStartNobodyIsSentToTheProviderAgain(t *testing.T) {
	w := korean
	s := serve(t)
	first := install(t, w.lang, settings(s)...)
	first.start()
	s.NextPerson(nora)
	first.press(w.github)
	browse(t, first.address(1))
	first.see("dialog", w.dialog)
	first.quit() // with the dialog open: the next start opens it again
	s.Stop()     // and no trip could succeed
	open := first.profile

	sqlite := func(db, query string) string {
		out, err := exec.Command("sqlite3", "-readonly", db, query).Output()
		if err != nil {
			t.Fatalf("sqlite3: %v", err)
		}
		return strings.TrimSpace(string(out))
	}
	trips, home, again, dialog := 0, 0, 0, 0
	for i := range kills(t) {
		p := *first
		p.profile = filepath.Join(t.TempDir(), "profile")
		if out, err := exec.Command("cp", "-a", open, p.profile).CombinedOutput(); err != nil {
			t.Fatalf("cp: %v %s", err, out)
		}
		p.start()
		t.Cleanup(p.kill)
		p.see("dialog", w.dialog)
		start := p.see("push button", w.start)
		eventually(t, appearsWithin, "Start is enabled", func() bool { return start.has(stateEnabled) })
		wait := time.Duration(rand.IntN(50_000)) * time.Microsecond
		start.press(t)
		time.Sleep(wait)
		p.kill()

		p.start()
		var at string
		eventually(t, appearsWithin, "a screen", func() bool {
			n, ok := p.window()
			if !ok {
				return false
			}
			for _, screen := range []struct{ role, name string }{{"heading", w.heading}, {"dialog", w.dialog}, {"push button", w.signOut}} {
				if _, ok := n.find(screen.role, screen.name); ok {
					at = screen.name
					return true
				}
			}
			return false
		})
		switch at {
		case w.signOut:
			home++
			eventually(t, appearsWithin, "the pair is claimed", func() bool {
				return sqlite(filepath.Join(p.profile, "munpae.db"), "SELECT count(*) FROM sessions WHERE claimed_at IS NOT NULL") == "1"
			})
			if sqlite(filepath.Join(p.profile, "munpae.db"), "SELECT count(*) FROM sessions WHERE generation = 1 AND reissues = 1") == "1" {
				again++
			}
		case w.dialog:
			dialog++
		default:
			trips++
			t.Errorf("kill %d, %v after Start: the sign-in screen", i, wait)
		}
		p.kill()
		os.RemoveAll(p.profile)
	}
	t.Logf("%d trips; %d at home, %d of them by a pair that the jar had lost; %d before there was an account", trips, home, again, dialog)
}
