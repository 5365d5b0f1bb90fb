package files_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"munpae.example/munpae/app/internal/files"
)

// The name is there by then: whoever is told that nothing was saved saves it again.
func TestAFileSystemThatSyncsNoFolderLosesNobodyAFile(t *testing.T) {
	proc, err := os.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	if err := proc.Sync(); !errors.Is(err, syscall.EINVAL) {
		t.Fatalf("/proc can be synced: %v", err)
	}
	if err := files.SyncFolder("/proc"); err != nil {
		t.Error(err)
	}
}
