package journal_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/journal"
)

func TestNoCredentialReachesTheLogEvenIfACallerPassesIt(t *testing.T) {
	for _, secret := range []string{
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
		"gho_16C7e42F292c6912E7710c838347Ae178B4a",
		"code=4/abc-def",
		"state=xyz",
		"client_secret=s3cret",
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	} {
		var out bytes.Buffer
		log := journal.New(&out, slog.LevelDebug)
		log.Info("a "+secret, "text", "before "+secret+" after", "err", errors.New(secret))
		if strings.Contains(out.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, out.String())
		}
		if !strings.Contains(out.String(), "before [redacted]") {
			t.Errorf("the words around the secret are gone:\n%s", out.String())
		}
	}
}

func TestOrdinaryWordsStay(t *testing.T) {
	var out bytes.Buffer
	journal.New(&out, slog.LevelDebug).Info("step", "from", "signed_out", "to", "waiting", "support", "K7-41")
	for _, want := range []string{"signed_out", "waiting", "K7-41"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %s", want, out.String())
		}
	}
}

func TestCF05_TheLogIsReadableByItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "munpae.log")
	log, closer := journal.Open(path, slog.LevelInfo)
	log.Info("hello")
	if err := closer.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if who := files.OpenTo(path, info); who != "" {
		t.Errorf("it is open to %s", who)
	}
}
