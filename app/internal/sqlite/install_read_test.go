package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/sqlite"
)

func TestReadingInstallChangesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "install.json")
	if _, err := sqlite.ReadInstall(path); !os.IsNotExist(err) {
		t.Errorf("a missing one: %v", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if i, err := sqlite.ReadInstall(path); i != nil || err != nil {
		t.Errorf("a damaged one: %v %v", i, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("the folder holds %v", left)
	}
}
