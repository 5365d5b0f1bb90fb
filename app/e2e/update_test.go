//go:build e2e && update

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
)

// apt has the system take packages, and returns what it says.
func apt(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	c := exec.Command("apt-get", append([]string{"install", "-y", "--no-install-recommends"}, args...)...)
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	out, err := c.CombinedOutput()
	return string(out), err
}

// What people have is the version before, with an account in it. build/installed.sh runs
// this as root of a bare system: MUNPAE_BEFORE and MUNPAE_AFTER are the two packages, the
// first of a program whose database the second takes further.
func TestTheVersionBeforeIsUpdatedWithItsDatabaseAndNeverGoneBackToUnnoticed(t *testing.T) {
	before, after := os.Getenv("MUNPAE_BEFORE"), os.Getenv("MUNPAE_AFTER")
	for _, deb := range []string{before, after} {
		if !filepath.IsAbs(deb) {
			t.Fatal("MUNPAE_BEFORE and MUNPAE_AFTER name two packages: build/test.sh packages runs this")
		}
	}
	taken := func(args ...string) {
		t.Helper()
		if said, err := apt(t, args...); err != nil {
			t.Fatalf("apt-get install %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			taken("--allow-downgrades", before)
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			p.binary = "/usr/bin/munpae"
			p.start()
			p.signUp(s, w, w.github, nora, "길동")
			p.quit()

			// It is an update for apt, without being talked into it.
			taken(after)
			p.start()
			p.see("heading", "길동")
			desk.screenshot(t, "updated-"+w.lang)
			p.quit()

			// apt does not go back by itself, and says why.
			if said, err := apt(t, before); err == nil || !strings.Contains(said, "downgrade") {
				t.Errorf("apt went back: %v\n%s", err, said)
			}
			// Who makes it do so is told by the program, and the account stays as it is.
			taken("--allow-downgrades", before)
			db := p.file("munpae.db")
			was, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			p.start()
			p.hearsCode(w, app.CodeDatabaseNewer, nil)
			desk.screenshot(t, "gone-back-"+w.lang)
			p.quit()
			if is, err := os.ReadFile(db); err != nil || !bytes.Equal(is, was) {
				t.Errorf("the older program changed the newer database, %v", err)
			}
			taken(after)
			p.start()
			p.see("heading", "길동")
			p.quit()
			if opened, err := os.ReadFile(p.opened); err != nil || len(strings.Fields(string(opened))) != 1 {
				t.Errorf("a browser was opened for %q, want once: to sign up; %v", opened, err)
			}
		})
	}
}
