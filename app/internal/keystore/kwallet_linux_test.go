package keystore_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/keystore"
)

// A wallet of KDE's without a password, as its own dialog makes it (KWallet 5.103), which
// therefore opens without asking.
const walletFile, walletSalt = "S1dBTExFVAoNAA0KAAEDAgAAAABxCIFJG+rQm4aMicHOXYSRmG7JcY6/6pXByEFe8CoYhq+MSiKKZ8iH",
	"M1lq891TB539EWsoOm+hfpLOGNbrlK0V2MfXzoGDuwiA/gRP5E92ImYEk0luSU33YBw+gVl3x4I="

// kwallets are KDE's keyrings, which speak the Secret Service, the newest first: one that does
// nothing else came with Frameworks 6, before which it was the wallet itself.
var kwallets = []string{"ksecretd", "kwalletd6", "kwalletd5"}

// withKWallet runs f on a bus with the one that this system has.
func withKWallet(t *testing.T, f func(t *testing.T, w kwallet)) {
	t.Helper()
	here := slices.IndexFunc(kwallets, func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	})
	name := kwallets[max(here, 0)]
	t.Run(name, func(t *testing.T) {
		onABus(t, name, func(t *testing.T) { f(t, kwallet{t, name}) })
	})
}

type kwallet struct {
	t    *testing.T
	name string
}

// folder is where it has its wallets.
func (w kwallet) folder() string { return filepath.Join(os.Getenv("XDG_DATA_HOME"), "kwalletd") }

// has puts the wallet there that opens without asking.
func (w kwallet) has() {
	w.t.Helper()
	must(w.t, os.MkdirAll(w.folder(), 0o700))
	for name, text := range map[string]string{"kdewallet.kwl": walletFile, "kdewallet.salt": walletSalt} {
		b, err := base64.StdEncoding.DecodeString(text)
		must(w.t, err)
		must(w.t, os.WriteFile(filepath.Join(w.folder(), name), b, 0o600))
	}
}

// login starts it with what the person's password comes to, as signing in at the desktop
// does (pam_kwallet: a pipe with that, and a socket that brings the environment). It opens
// the wallet, and makes one where there is none.
func (w kwallet) login() (stop func()) {
	w.t.Helper()
	read, write, err := os.Pipe()
	must(w.t, err)
	defer read.Close()
	_, err = write.Write(bytes.Repeat([]byte{7}, 56))
	must(w.t, errors.Join(err, write.Close()))
	path := filepath.Join(w.t.TempDir(), "environment")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(w.t, err)
	defer l.Close()
	socket, err := l.File()
	must(w.t, err)
	defer socket.Close()
	session, err := net.Dial("unix", path)
	must(w.t, err)
	for _, v := range os.Environ() {
		_, err := session.Write([]byte(v + "\n"))
		must(w.t, err)
	}
	must(w.t, session.Close())
	stop = w.start("", read, socket)
	bus, err := dbus.ConnectSessionBus()
	must(w.t, err)
	defer bus.Close()
	// It says what it has once it has opened the wallet.
	_, err = bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").GetProperty("org.freedesktop.Secret.Service.Collections")
	must(w.t, err)
	return stop
}

// start starts it as it is set up: settings are more of kwalletrc, files what signing in at
// the desktop hands on. Nobody sees what it asks.
func (w kwallet) start(settings string, files ...*os.File) (stop func()) {
	w.t.Helper()
	config := filepath.Join(os.Getenv("HOME"), ".config", "kwalletrc")
	must(w.t, os.MkdirAll(filepath.Dir(config), 0o700))
	must(w.t, os.WriteFile(config, []byte("[Wallet]\nEnabled=true\nFirst Use=false\nUse One Wallet=true\nDefault Wallet=kdewallet\nPrompt on Open=false\n\n[org.freedesktop.secrets]\napiEnabled=true\n"+settings), 0o600))
	c := exec.Command(w.name)
	c.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen")
	if files != nil {
		c.Args = append(c.Args, "--pam-login", "3", "4")
		c.ExtraFiles = files
		c.Env = append(c.Env, "PAM_KWALLET5_LOGIN=yes") // the socket's name, but it has that
	}
	return serving(w.t, c)
}

// kdeWallet is the wallet as the Secret Service names it.
const kdeWallet = dbus.ObjectPath("/org/freedesktop/secrets/collection/kdewallet")

// closes has it write what it was given, as at the end of a session: it does by itself five
// seconds later.
func (w kwallet) closes() {
	w.t.Helper()
	bus, err := dbus.ConnectSessionBus()
	must(w.t, err)
	defer bus.Close()
	must(w.t, bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{kdeWallet}).Err)
}

func TestKDEsKeyringKeepsTheKeyOverItsOwnRestart(t *testing.T) {
	withKWallet(t, func(t *testing.T, w kwallet) {
		w.has()
		stop := w.start("")
		p, o := real(t)
		id, key, s := opened(t, o)
		if s.Place() != keystore.InKeyring {
			t.Fatalf("the key is in %s", s.Place())
		}
		if _, err := os.Stat(p.file()); err == nil {
			t.Error("it is in a file, too")
		}
		w.closes()
		stop()
		w.start("")
		again, same, _ := opened(t, o)
		if again != id || same != key {
			t.Error("another key came back")
		}
	})
}

// Nobody is asked to make a wallet for the sake of a sign-in.
func TestWhereKDEHasNoWalletYetTheKeyIsInTheFile(t *testing.T) {
	withKWallet(t, func(t *testing.T, w kwallet) {
		w.start("")
		_, o := real(t)
		if _, _, s := opened(t, o); s.Place() != keystore.InFile {
			t.Errorf("the key is in %s", s.Place())
		}
	})
}

// A wallet with a password that nobody has given: its question is waited for no longer than
// any keyring's, the key is neither replaced nor given up, and comes back once it is open.
func TestKDEsKeyringLockedIsWaitedForAndItsKeyComesBack(t *testing.T) {
	withKWallet(t, func(t *testing.T, w kwallet) {
		w.login()() // makes the wallet; the service knows of it from the next start on
		stop := w.login()
		p, o := real(t)
		id, key, s := opened(t, o)
		if s.Place() != keystore.InKeyring {
			t.Fatalf("the key is in %s", s.Place())
		}
		w.closes()
		stop()
		stop = w.start("")
		locked, err := keystore.Open(ctx, o)
		if app.CodeOf(err) != app.CodeKeystoreLocked {
			t.Fatalf("locked: %v", err)
		}
		if r := p.records(); len(r) != 1 || r[0].ID != id {
			t.Fatalf("a new key: %+v", r)
		}
		stop() // and with it the question, which the next one does not ask
		w.login()
		must(t, locked.Reload(ctx))
		if again, same := locked.Current(); again != id || same != key {
			t.Error("unlocked, and another key")
		}
	})
}

// waiting is a clock on which no time is ever up.
type waiting struct{ app.SystemClock }

func (waiting) AfterFunc(time.Duration, func()) func() bool { return func() bool { return true } }

// The person has told KDE once and for all that programs which come this way get nothing: it
// says no without asking. ksecretd has no such setting: it asks for the wallet's password alone.
func TestKDEsKeyringRefusedIsNoKeyring(t *testing.T) {
	withKWallet(t, func(t *testing.T, w kwallet) {
		w.has()
		w.start("\n[Wallet]\nPrompt on Open=true\n\n[Auto Deny]\nkdewallet=KDE System\n")
		_, o := real(t)
		o.Clock = waiting{}
		if _, _, s := opened(t, o); s.Place() != keystore.InFile {
			t.Errorf("the key is in %s", s.Place())
		}
	})
}
