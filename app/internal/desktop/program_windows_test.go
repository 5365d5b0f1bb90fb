//go:build installed

package desktop_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program is a munpae.exe as it is built: build/windows/installed.sh names one.
var program = flag.String("program", "", "a munpae.exe, which is a program with a window")

// The program as it is built: --version, --help, and what it does not understand.
func TestTheBuiltProgramSaysItsVersionInATerminal(t *testing.T) {
	for arguments, want := range map[string]string{"--version": "munpae ", "--help": "munpae doctor", "--bogus": "munpae --help", "bogus": "unknown argument", "doctor --demo": "settings"} {
		said := inTerminal(t, "TEST_STARTS=\""+*program+"\" "+arguments, "TEST_NEXT=")
		if !strings.Contains(said, want) {
			t.Errorf("%s: %q is not in %q", arguments, want, said)
		}
		into := filepath.Join(t.TempDir(), "said.txt")
		said = inTerminal(t, "TEST_STARTS=\""+*program+"\" "+arguments, "TEST_NEXT=", "TEST_INTO="+into)
		b, err := os.ReadFile(into)
		must(t, err)
		if strings.Contains(said, want) == strings.Contains(string(b), want) { // what is wrong goes to standard error
			t.Errorf("%s: the terminal has %q, the file %q", arguments, said, b)
		}
	}
}
