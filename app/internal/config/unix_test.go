//go:build unix

package config_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"munpae.example/munpae/app/internal/config"
)

func mkfifo(path string) error { return unix.Mkfifo(path, 0o600) }

func umask(mask int) (old int) { return unix.Umask(mask) }

// In a child process the test binary is another user, who finds a folder of root's
// where the profile should be, in a home of their own.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_SECRETS") != "" {
		readSecrets()
		return
	}
	dir := os.Getenv("TEST_FOREIGN")
	if dir == "" {
		os.Exit(m.Run())
	}
	p := config.Profile{Dir: dir}
	err := p.Create()
	e, _ := errors.AsType[*config.ProfileError](err)
	fmt.Println(errors.Is(err, config.ErrForeign), e != nil && e.Owner == 0, p.Movable())
	_, err = p.SetAside(time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
	fmt.Println(err, p.Create())
}

func TestAProfileOfAnotherUserIsRefusedAndCanBePutAside(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be two users")
	}
	home, err := os.MkdirTemp("/tmp", "munpae-foreign-") // below t.TempDir nobody else gets in
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(home) })
	must(t, os.Chown(home, 65534, 65534))
	dir := filepath.Join(home, "munpae")
	must(t, os.Mkdir(dir, 0o755))
	write(t, filepath.Join(dir, "munpae.db"), "root's", 0o600)
	self := filepath.Join(home, "test")
	binary, err := os.ReadFile(os.Args[0])
	must(t, err)
	must(t, os.WriteFile(self, binary, 0o755))
	must(t, os.Chmod(self, 0o755))
	c := exec.Command(self)
	c.Dir, c.Env = home, []string{"TEST_FOREIGN=" + dir}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := c.CombinedOutput()
	if err != nil || string(out) != "true true true\n<nil> <nil>\n" {
		t.Fatalf("%v: %s", err, out)
	}
	kept := filepath.Join(dir+".foreign-20261126T000000.000Z", "munpae.db")
	if b, err := os.ReadFile(kept); err != nil || string(b) != "root's" {
		t.Errorf("what was in it: %q, %v", b, err)
	}
	st, err := os.Stat(dir)
	must(t, err)
	if st.Sys().(*syscall.Stat_t).Uid != 65534 || st.Mode().Perm() != 0o700 {
		t.Errorf("the new folder: %v", st)
	}
	// And root doesn't walk into somebody's own folder, nor move it.
	p := config.Profile{Dir: dir}
	if err := p.Create(); !errors.Is(err, config.ErrForeign) || p.Movable() {
		t.Errorf("root in another's folder: %v, movable %v", err, p.Movable())
	}
}
