package sqlite_test

import (
	"os"
	"testing"
)

// plantings leave at path what is no file of ours; Wine makes no links.
func plantings(t *testing.T) map[string]func(path, target string) error {
	t.Helper()
	return map[string]func(path, target string) error{
		"a folder": func(path, _ string) error { return os.Mkdir(path, 0o700) },
	}
}
