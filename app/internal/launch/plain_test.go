package launch_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever types go build, without Wails' tags, gets a program that says so.
func TestAPlainBuildSaysHowTheWindowIsBuilt(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no Go here to build with: ", err)
	}
	binary := filepath.Join(t.TempDir(), "munpae")
	if out, err := exec.Command("go", "build", "-o", binary, "../../..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	profile := t.TempDir()
	out, err := exec.Command(binary, "--profile", profile).CombinedOutput()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if said := string(out); strings.Count(said, "\n") != 1 || !strings.Contains(said, "build/build.sh") {
		t.Errorf("it said %q", said)
	}
	if left, err := filepath.Glob(filepath.Join(profile, "*")); err != nil || len(left) > 0 {
		t.Errorf("it left %q, %v", left, err)
	}
	if out, err := exec.Command(binary, "--version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "munpae ") {
		t.Errorf("--version: %q, %v", out, err)
	}
}
