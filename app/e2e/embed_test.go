//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// notes builds the program of testdata/notes and returns a profile of it.
func notes(t *testing.T, w words, settings ...string) *program {
	t.Helper()
	for i := range settings {
		settings[i] = strings.Replace(settings[i], "MUNPAE_", "NOTES_", 1)
	}
	p := install(t, w.lang, append(settings, "NOTES_KEYSTORE=file")...)
	p.name, p.binary = "notes", filepath.Join(t.TempDir(), "notes")
	build := exec.Command("go", "build", "-tags", "desktop,production,webkit2_41", "-o", p.binary, "./testdata/notes")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return p
}

// The road of a person through somebody else's program: the wall, its own page, the
// account and back, a restart offline, a router's reload, a sign-out from Go.
func TestEM10_AnotherProgramsPageIsBehindTheSignIn(t *testing.T) {
	s := serve(t)
	p := notes(t, english, settings(s)...)
	p.start()
	p.see("push button", english.github)
	desk.screenshot(t, "notes-wall")
	p.signUp(s, english, english.github, nora, "Nora")
	p.see("heading", "Nora")
	p.hears("Nora wrote this")
	p.hears("failed: Error: no paper left") // the program's own error, as it wrote it
	p.hears("Nora, 0 cookies")
	p.hears("kept")
	p.hears("at /")
	desk.screenshot(t, "notes-page")

	p.press("My account")
	p.see("heading", english.account)
	desk.screenshot(t, "notes-account")
	p.press("Back")
	p.see("heading", "Nora")
	p.hears("at /shelf/1")
	if dirs, _ := filepath.Glob(filepath.Join(p.profile, "users", "*", "note")); len(dirs) != 1 {
		t.Errorf("the person's own folder holds %v", dirs)
	}
	p.quit()

	s.Stop()
	p.start()
	p.see("heading", "Nora")
	p.press("Leave")
	p.see("push button", english.github)
	p.nowhere("heading", "Nora")
	p.quit()
	if out := p.output.String(); !strings.Contains(out, "changed: Nora true\nchanged:  false") {
		t.Errorf("it was told %s", out)
	}
	if out, err := exec.Command(p.binary, "--version").Output(); err != nil || string(out) != "notes 1\n" {
		t.Errorf("--version: %q %v", out, err)
	}
	if help, err := exec.Command(p.binary, "--help").Output(); err != nil || !strings.HasPrefix(string(help), "notes [--profile DIR]") {
		t.Errorf("--help: %q %v", help, err)
	}
}

// Another session, or the database itself, may end the one that the page stands on.
func TestEM11_ASessionThatIsEndedElsewhereBringsTheWallBack(t *testing.T) {
	s := serve(t)
	p := notes(t, english, settings(s)...)
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	p.see("heading", "Nora")
	for _, f := range p.beside("*.db") {
		p.sql(filepath.Base(f), "UPDATE sessions SET ended_at=created_at, end_reason='revoked'")
	}
	p.see("push button", english.github)
	if _, err := os.Stat(filepath.Join(p.profile, "users")); err != nil {
		t.Error(err) // an ended session is no deleted account
	}
}
