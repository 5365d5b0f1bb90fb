package signin_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the timeline can hold is said in words of its own, in every language: each kind
// of event, and each way a session ends.
func TestEveryEventOfTheTimelineHasWords(t *testing.T) {
	var names []string
	find := func(files, pattern, prefix string) {
		t.Helper()
		found := 0
		paths, err := filepath.Glob(files)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			code, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(code, -1) {
				names = append(names, prefix+string(m[1]))
				found++
			}
		}
		if found < 6 {
			t.Fatalf("%s names %d: they are written otherwise now", files, found)
		}
	}
	find("../sqlite/*.go", `\bevent[A-Z]\w* += "(\w+)"`, "")
	find("../directory/rows/*.go", `\bevent[A-Z]\w* += "(\w+)"`, "")
	find("../app/session.go", `\bEnd\w+ +EndReason = "(\w+)"`, "session_ended_")
	for _, l := range []string{"ko", "en"} {
		text, err := os.ReadFile(filepath.Join("../../../frontend/src/words/account", l+".ts"))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			// Nobody is left to read of their own deletion.
			if n != "account_deleted" && !strings.Contains(string(text), "\n    "+n+": ") {
				t.Errorf("%s has no words for %s", l, n)
			}
		}
	}
}
