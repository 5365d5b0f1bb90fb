package desktop

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/webview"
)

func TestTheBootPageGivesNothingAwayAndLoadsNothing(t *testing.T) {
	asked := 0
	h := bootPage("Munpae", func() string { asked++; return "http://127.0.0.1:1/munpae/boot?t=x</script>" }, func() bool { return false })
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	csp := answer.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if body := answer.Body.String(); strings.Count(body, "</script>") > 1 {
		t.Errorf("the address breaks out of the script: %s", body)
	}
	// A token is taken only where this page is the one that uses it.
	if want := map[bool]int{true: 0, false: 1}[webview.Navigates]; asked != want {
		t.Errorf("%d tokens were made, want %d", asked, want)
	}
	for _, path := range []string{"/x", "/index.html", "/munpae/boot"} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
		if answer.Code != 404 {
			t.Errorf("%s: status %d", path, answer.Code)
		}
	}
}

func TestAWindowThatIsNotOpenIsNotRaised(t *testing.T) {
	NewWindow().Raise() // Wails' runtime would end the process
}

func TestALinkWhoseAttemptEndedWhileItWasCopiedIsForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		now  signin.State
		kept bool
	}{
		"under way":  {signin.State{Step: signin.StepWaiting, Attempt: "a"}, true},
		"over":       {signin.State{Step: signin.StepSignedIn}, false},
		"another is": {signin.State{Step: signin.StepWaiting, Attempt: "b"}, false},
	} {
		w := NewWindow()
		w.keepLink("http://127.0.0.1:40123/", "a", func() signin.State { return c.now })
		if (w.link != "") != c.kept {
			t.Errorf("%s: kept %v", name, w.link != "")
		}
	}
}

func TestASavedFileIsWholeAndPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export.json")
	if err := os.WriteFile(path, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(path, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || files.OpenTo(path, st) != "" {
		t.Errorf("open to %q, %v", files.OpenTo(path, st), err)
	}
	if b, _ := os.ReadFile(path); string(b) != "{}" {
		t.Errorf("holds %q", b)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

func TestASaveThatFailsSaysWhy(t *testing.T) {
	// It is the place that is wrong, never the app's own folder.
	for _, path := range append(unwritable, filepath.Join(t.TempDir(), "gone", "x")) {
		if err := writeWhole(path, nil); app.CodeOf(err) != app.CodeSaveRefused {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := saveFailed(fmt.Errorf("x: %w", diskFull)); app.CodeOf(err) != app.CodeDiskFull {
		t.Errorf("got %v", err)
	}
}

func TestTheWindowIsNeverLargerThanItsScreen(t *testing.T) {
	for _, row := range []struct {
		area webview.Size
		want [4]int
	}{
		{webview.Size{Width: 1920, Height: 1080}, [4]int{440, 680, 380, 560}},
		{webview.Size{Width: 683, Height: 384}, [4]int{440, 344, 380, 344}},
		{webview.Size{Width: 300, Height: 512}, [4]int{292, 472, 292, 472}},
		{webview.Size{}, [4]int{440, 680, 380, 560}},
	} {
		var got [4]int
		got[0], got[1] = fitted(440, 680, row.area)
		got[2], got[3] = fitted(380, 560, row.area)
		if got != row.want {
			t.Errorf("%v: %v", row.area, got)
		}
	}
}
