package launch

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheOriginsPortIsKeptAndNothingElseIsTakenForOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "port")
	if got := keptPort(path); got != 0 {
		t.Errorf("no file: %d", got)
	}
	if err := keepPort(path, 40123); err != nil {
		t.Fatal(err)
	}
	if got := keptPort(path); got != 40123 {
		t.Errorf("kept %d", got)
	}
	for _, text := range []string{"", "80", "70000", "-1", "forty", "40123 40124"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := keptPort(path); got != 0 {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}
