package keystore_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
	ss "github.com/zalando/go-keyring/secret_service"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/keystore"
)

// These tests speak to a real gnome-keyring over a real session bus of their own:
// the test binary starts itself again under dbus-run-session. The bus starts no
// services by itself, so a service runs exactly when a test started it.
const insideVariable = "MUNPAE_TEST_INSIDE_BUS"

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// onABus runs inside on a session bus of its own. Where that or the service is
// missing it skips, and fails on a machine that is there to run every test.
func onABus(t *testing.T, service string, inside func(t *testing.T)) {
	t.Helper()
	if os.Getenv(insideVariable) == t.Name() {
		inside(t)
		return
	}
	for _, program := range []string{"dbus-run-session", service} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing", program)
			}
			t.Skipf("%s is not installed", program)
		}
	}
	home := t.TempDir()
	config := filepath.Join(home, "bus.conf")
	must(t, os.WriteFile(config, []byte(busConfig), 0o600))
	c := exec.Command("dbus-run-session", "--config-file="+config, "--", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	c.Env = append(withoutBus(), insideVariable+"="+t.Name(), "HOME="+home, "XDG_RUNTIME_DIR="+home, "XDG_DATA_HOME="+filepath.Join(home, "data"))
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// withoutBus is the environment without a way to a session bus.
func withoutBus() []string {
	var env []string
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "GNOME_KEYRING_CONTROL", insideVariable:
		default:
			env = append(env, v)
		}
	}
	return env
}

// daemon starts gnome-keyring, unlocked with a password or locked.
func daemon(t *testing.T, unlocked bool) (stop func()) {
	t.Helper()
	args := []string{"--foreground", "--components=secrets"}
	if unlocked {
		args = append(args, "--unlock")
	}
	c := exec.Command("gnome-keyring-daemon", args...)
	c.Stdin = strings.NewReader("password")
	return serving(t, c)
}

// serving starts a keyring and waits until it owns its name on the bus.
func serving(t *testing.T, c *exec.Cmd) (stop func()) {
	t.Helper()
	must(t, c.Start())
	exited := make(chan error, 1)
	go func() { exited <- c.Wait() }()
	bus, err := dbus.ConnectSessionBus()
	must(t, err)
	t.Cleanup(func() { bus.Close() })
	owned := func() (yes bool) {
		must(t, bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&yes))
		return yes
	}
	for wait := time.Now().Add(20 * time.Second); !owned(); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-exited:
			t.Fatalf("%s ended: %v", c.Path, err)
		default:
		}
		if time.Now().After(wait) {
			t.Fatalf("%s never took its name", c.Path)
		}
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = c.Process.Kill()
			<-exited
			for wait := time.Now().Add(20 * time.Second); owned() && time.Now().Before(wait); { // the bus hears of it a moment later, and the next one would be taken to serve already
				time.Sleep(time.Millisecond)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// real is a profile with the computer's own keyring, environment and clock.
func real(t *testing.T) (*profile, keystore.Options) {
	t.Helper()
	p := newProfile(t)
	o := p.options()
	o.Keyring, o.Env, o.Clock = keystore.SystemKeyring{}, nil, app.SystemClock{}
	return p, o
}

func opened(t *testing.T, o keystore.Options) (string, [32]byte, *keystore.Store) {
	t.Helper()
	s, err := keystore.Open(ctx, o)
	must(t, err)
	id, key := s.Current()
	return id, key, s
}

// The entry lies in another collection than the default one: gnome-keyring has one for
// the session beside it.
func TestKS09_TheKeyIsFoundInEveryCollection(t *testing.T) {
	onABus(t, "gnome-keyring-daemon", func(t *testing.T) {
		daemon(t, true)
		_, o := real(t)
		id, key, s := opened(t, o)
		if s.Place() != keystore.InKeyring {
			t.Fatalf("kept in %q", s.Place())
		}
		text, err := keyring.Get("munpae", o.InstallID+"."+id)
		must(t, err)
		must(t, keyring.Delete("munpae", o.InstallID+"."+id))
		secrets, err := ss.NewSecretService()
		must(t, err)
		session, err := secrets.OpenSession()
		must(t, err)
		must(t, secrets.CreateItem(secrets.GetCollection("session"), "moved", map[string]string{"service": "munpae", "username": o.InstallID + "." + id}, ss.NewSecret(session.Path(), text)))
		again, same, s := opened(t, o)
		if again != id || same != key || s.Place() != keystore.InKeyring {
			t.Errorf("found %q in %q", again, s.Place())
		}
	})
}

func TestKS02_RealKeyringWorking(t *testing.T) {
	onABus(t, "gnome-keyring-daemon", func(t *testing.T) {
		daemon(t, true)
		p, o := real(t)
		id, key, s := opened(t, o)
		if s.Place() != keystore.InKeyring {
			t.Fatalf("kept in %q", s.Place())
		}
		if again, same, _ := opened(t, o); again != id || same != key {
			t.Fatal("another key at the next start")
		}
		must(t, s.Replace(ctx))
		second, _ := s.Current()
		if _, _, s = opened(t, o); s.Place() != keystore.InKeyring {
			t.Fatalf("kept in %q", s.Place())
		}
		if k, ok := s.Key(id); !ok || k != key {
			t.Fatal("the key before is gone")
		}
		must(t, keystore.SystemKeyring{}.Delete("munpae", "install-1."+second))
		if _, err := keystore.Open(ctx, o); app.CodeOf(err) != app.CodeKeystoreLost {
			t.Fatalf("deleted: %v", err)
		}
		if r := p.records(); len(r) != 2 || r[0].ID != second {
			t.Fatalf("%+v", r)
		}
	})
}

func TestKS02_RealBusWithoutAService(t *testing.T) {
	onABus(t, "gnome-keyring-daemon", func(t *testing.T) {
		_, o := real(t)
		id, _, s := opened(t, o)
		if s.Place() != keystore.InFile {
			t.Fatalf("kept in %q", s.Place())
		}
		daemon(t, true) // one that comes later moves nothing
		if again, _, s := opened(t, o); again != id || s.Place() != keystore.InFile {
			t.Fatal("moved by itself")
		}
	})
}

func TestKS03_RealKeyringLocked(t *testing.T) {
	onABus(t, "gnome-keyring-daemon", func(t *testing.T) {
		stop := daemon(t, true)
		p, o := real(t)
		id, key, s := opened(t, o)
		if s.Place() != keystore.InKeyring {
			t.Fatalf("kept in %q", s.Place())
		}
		stop()
		if _, err := keystore.Open(ctx, o); app.CodeOf(err) != app.CodeKeystoreLocked {
			t.Fatalf("no service: %v", err)
		}
		stop = daemon(t, false)
		locked, err := keystore.Open(ctx, o)
		if app.CodeOf(err) != app.CodeKeystoreLocked {
			t.Fatalf("locked: %v", err)
		}
		if r := p.records(); len(r) != 1 || r[0].ID != id {
			t.Fatalf("a new key: %+v", r)
		}
		if _, err := os.Lstat(p.file()); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("a file: %v", err)
		}
		stop()
		daemon(t, true)
		must(t, locked.Reload(ctx))
		if again, same := locked.Current(); again != id || same != key {
			t.Fatal("unlocked, and another key")
		}
	})
}

// A locked keyring at a first run is no keyring.
func TestKS03_RealKeyringLockedAtTheFirstRun(t *testing.T) {
	onABus(t, "gnome-keyring-daemon", func(t *testing.T) {
		stop := daemon(t, true) // makes the keyring and its password
		_, before := real(t)
		opened(t, before)
		stop()
		daemon(t, false)
		_, o := real(t)
		if _, _, s := opened(t, o); s.Place() != keystore.InFile {
			t.Fatalf("kept in %q", s.Place())
		}
	})
}

// The library starts a bus of its own where there is none; a dbus-launch that
// only leaves a mark shows whether it was asked to.
func TestKS01_NoStrayBusIsStarted(t *testing.T) {
	if os.Getenv(insideVariable) == t.Name() {
		_, o := real(t)
		if _, _, s := opened(t, o); s.Place() != keystore.InFile {
			t.Fatalf("kept in %q", s.Place())
		}
		if os.Getenv("MUNPAE_TEST_ASK_THE_LIBRARY") != "" {
			_, _ = keystore.SystemKeyring{}.Get("munpae", "nobody")
		}
		return
	}
	if _, err := os.Stat("/run/user/" + uid() + "/bus"); err == nil {
		t.Skip("this machine has a session bus at the place where the library finds it")
	}
	launched := func(ask string) bool {
		dir := t.TempDir()
		mark := filepath.Join(dir, "launched")
		must(t, os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte("#!/bin/sh\n: > '"+mark+"'\nexit 1\n"), 0o700))
		c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		c.Env = append(withoutBus(), insideVariable+"="+t.Name(), "PATH="+dir+":"+os.Getenv("PATH"), "MUNPAE_TEST_ASK_THE_LIBRARY="+ask)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		_, err := os.Stat(mark)
		return err == nil
	}
	if launched("") {
		t.Error("a stray bus was started")
	}
	if !launched("yes") {
		t.Error("the library no longer starts one by itself: this test and its rule may go")
	}
}

func uid() string { return strconv.Itoa(os.Getuid()) }

// stubborn is a Secret Service whose every unlocking ends in a prompt that nobody
// answers, as it is when the prompter waits behind another window.
type stubborn struct{ prompted chan struct{} }

func (stubborn) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/session", nil
}

func (stubborn) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return nil, "/prompt", nil
}

func (s stubborn) Prompt(string) *dbus.Error {
	close(s.prompted)
	return nil
}

// patient is a clock on which the time is up once the prompt is shown.
type patient struct {
	app.SystemClock
	prompted chan struct{}
	waits    chan time.Duration
}

func (p patient) AfterFunc(d time.Duration, f func()) func() bool {
	p.waits <- d
	go func() {
		<-p.prompted
		f()
	}()
	return func() bool { return true }
}

func TestKS03_RealPromptNeverAnswered(t *testing.T) {
	onABus(t, "gnome-keyring-daemon", func(t *testing.T) {
		service := stubborn{make(chan struct{})}
		bus, err := dbus.ConnectSessionBus()
		must(t, err)
		defer bus.Close()
		must(t, bus.Export(service, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service"))
		must(t, bus.Export(service, "/prompt", "org.freedesktop.Secret.Prompt"))
		if reply, err := bus.RequestName("org.freedesktop.secrets", 0); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
			t.Fatalf("%v, %v", reply, err)
		}
		p, o := real(t)
		must(t, p.db.InsertKeyRecord(ctx, app.KeyRecord{ID: "kept", Store: keystore.InKeyring, CreatedAt: time.Now()}))
		clock := patient{prompted: service.prompted, waits: make(chan time.Duration, 1)}
		o.Clock = clock
		if _, err := keystore.Open(ctx, o); app.CodeOf(err) != app.CodeKeystoreLocked {
			t.Fatal(err)
		}
		if d := <-clock.waits; d != keystore.KeyringTimeout {
			t.Fatalf("waits %v", d)
		}
		if r := p.records(); len(r) != 1 {
			t.Fatalf("a new key: %+v", r)
		}
	})
}
