//go:build e2e

package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
)

func TestAnotherProgramIsSignedInToAndKnowsWhoItIs(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.name, p.binary = "notes", filepath.Join(t.TempDir(), "notes")
	build := exec.Command("go", "build", "-tags", "desktop,production,webkit2_41", "-o", p.binary, "./testdata/notes")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	p.start()
	p.see("push button", english.github)
	p.hears("No notes: Error: session_none")
	p.signUp(s, english, english.github, nora, "Nora")
	p.hears("Nora wrote this")
	if out, err := exec.Command(p.binary, "--version").Output(); err != nil || string(out) != "notes 1\n" {
		t.Errorf("--version: %q %v", out, err)
	}
}
