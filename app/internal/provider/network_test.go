package provider_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

// Some small servers answer HEAD with 501, which says nothing of a sign-in.
func TestReachAsksWithAMethodThatEveryServerKnows(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusNotImplemented)
		}
	}))
	defer s.Close()
	if status, _, err := (provider.Client{}).Reach(t.Context(), s.URL); err != nil || status != http.StatusOK {
		t.Errorf("got %d, %v", status, err)
	}
}

func TestReachTellsTheAnswerWhateverItIs(t *testing.T) {
	date := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", date.Format(http.TimeFormat))
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer s.Close()
	status, at, err := provider.Client{}.Reach(t.Context(), s.URL)
	if err != nil || status != http.StatusFound || !at.Equal(date) {
		t.Error(status, at, err)
	}
	s.Close()
	if _, _, err := (provider.Client{}).Reach(t.Context(), s.URL); app.CodeOf(err) != app.CodeProviderError {
		t.Errorf("a refused connection is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := (provider.Client{}).Reach(ctx, s.URL); err == nil {
		t.Error("a cancelled question was answered")
	}
}

func TestOnlineIsWhetherThereIsARoute(t *testing.T) {
	if os.Getenv("MUNPAE_TEST_ONLINE") != "" { // the program that the other half runs
		if provider.Online() {
			os.Stdout.WriteString("online\n")
		} else {
			os.Stdout.WriteString("offline\n")
		}
		return
	}
	c := exec.Command("unshare", "-n", os.Args[0], "-test.run", "^TestOnlineIsWhetherThereIsARoute$")
	c.Env = append(os.Environ(), "MUNPAE_TEST_ONLINE=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Skip("no network namespace of our own is permitted here: ", err)
	}
	if !strings.Contains(string(out), "offline") {
		t.Errorf("without any network: %s", out)
	}
	if c, err := net.Dial("udp4", "192.0.2.1:443"); err == nil {
		c.Close()
		if !provider.Online() {
			t.Error("there is a route, and it says offline")
		}
	}
}
