package keystore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	zalando "github.com/zalando/go-keyring"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files/filestest"
	"munpae.example/munpae/app/internal/keystore"
)

func init() {
	spoilt["readable by others"] = func(t *testing.T, f string) {
		filestest.Access(t, f, "D:P(A;;FA;;;OW)(A;;FA;;;SY)(A;;FR;;;WD)")
	}
}

// The key lies in the Credential Manager, in no file, and is there for the next start.
func TestKS10_TheCredentialManagerHasTheKey(t *testing.T) {
	p := newProfile(t)
	p.install = "test-" + filepath.Base(p.dir)
	o := p.options()
	o.Service, o.Keyring = "munpae-test", keystore.SystemKeyring{}
	s, err := keystore.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	id, key := s.Current()
	entry := p.install + "." + id
	t.Cleanup(func() { _ = zalando.Delete(o.Service, entry) })
	if s.Place() != keystore.InKeyring {
		t.Fatalf("it is kept in %q", s.Place())
	}
	if _, err := os.Stat(p.file()); !os.IsNotExist(err) {
		t.Errorf("there is a file: %v", err)
	}
	if text, err := zalando.Get(o.Service, entry); err != nil || len(text) != 44 {
		t.Errorf("the entry has %d characters, %v", len(text), err)
	}
	again, err := keystore.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if sameID, same := again.Current(); sameID != id || same != key {
		t.Error("the next start has another key")
	}

	// An entry that was removed is a loss, and no reason for a new key.
	if err := zalando.Delete(o.Service, entry); err != nil {
		t.Fatal(err)
	}
	if _, err := zalando.Get(o.Service, entry); !errors.Is(err, zalando.ErrNotFound) {
		t.Errorf("removed, and %v", err)
	}
	if _, err := keystore.Open(ctx, o); app.CodeOf(err) != app.CodeKeystoreLost {
		t.Errorf("without its entry: %v", err)
	}
}
