//go:build unix

package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"munpae.example/munpae/app/internal/config"
)

// ownFile is the mode of a file that others cannot read.
const ownFile = 0o600

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

func TestCF04_ADotenvThatCannotBeTrustedIsRefused(t *testing.T) {
	text := "MUNPAE_GITHUB_CLIENT_ID=id\n"
	for name, make := range map[string]func(t *testing.T, path string){
		"a link":     func(t *testing.T, p string) { write(t, p+".real", text, 0o600); must(t, os.Symlink(p+".real", p)) },
		"a folder":   func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o700)) },
		"a FIFO":     func(t *testing.T, p string) { must(t, mkfifo(p)) },
		"mode 0666":  func(t *testing.T, p string) { write(t, p, text, 0o666) },
		"mode 0620":  func(t *testing.T, p string) { write(t, p, text, 0o620) },
		"10 MB":      func(t *testing.T, p string) { write(t, p, text+strings.Repeat("#", 10<<20), 0o600) },
		"64 KiB + 1": func(t *testing.T, p string) { write(t, p, text+strings.Repeat("#", 64<<10+1-len(text)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			pc := newComputer(t)
			dir := filepath.Join(pc.home, "profile")
			must(t, os.Mkdir(dir, 0o700))
			make(t, filepath.Join(dir, ".env"))
			c, err := config.Load([]string{"--profile", dir}, pc.system())
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Problems) != 1 || c.Problems[0].File != filepath.Join(dir, ".env") || c.Problems[0].Reason == "" {
				t.Errorf("got %v", c.Problems)
			}
			if of(c, "github", "CLIENT_ID") != "" {
				t.Error("its settings count")
			}
		})
	}
	pc := newComputer(t)
	c := pc.load(t, text+strings.Repeat("#", 64<<10-len(text)))
	if len(c.Problems) != 0 || of(c, "github", "CLIENT_ID") != "id" {
		t.Errorf("64 KiB is refused: %v", c.Problems)
	}
}

func TestCF06_TheProfileIsFoundOnEverySystem(t *testing.T) {
	absent := errors.New("none")
	for _, tt := range []struct {
		os   string
		env  map[string]string
		home string
		want string
	}{
		{"linux", map[string]string{"XDG_DATA_HOME": "/data", "HOME": "/home/a"}, "", "/data/munpae"},
		{"linux", map[string]string{"XDG_DATA_HOME": "relative", "HOME": "/home/a"}, "", "/home/a/.local/share/munpae"},
		{"linux", map[string]string{"HOME": "/home/홍 길동"}, "", "/home/홍 길동/.local/share/munpae"},
		{"linux", map[string]string{"HOME": "/home/\xff\xfe"}, "", "/home/\xff\xfe/.local/share/munpae"},
		{"linux", map[string]string{"HOME": ""}, "/home/hong", "/home/hong/.local/share/munpae"},
		{"linux", map[string]string{"HOME": "not/absolute"}, "/home/hong", "/home/hong/.local/share/munpae"},
		{"linux", nil, "", ""},
		{"darwin", map[string]string{"HOME": "/Users/a"}, "", "/Users/a/Library/Application Support/munpae"},
		{"windows", map[string]string{"LOCALAPPDATA": "/c/Users/a/AppData/Local"}, "", "/c/Users/a/AppData/Local/munpae"},
		{"windows", map[string]string{"USERPROFILE": "/c/Users/a"}, "", "/c/Users/a/AppData/Local/munpae"},
	} {
		s := config.System{
			OS:  tt.os,
			Env: func(n string) (string, bool) { v, ok := tt.env[n]; return v, ok },
			Home: func() (string, error) {
				if tt.home == "" {
					return "", absent
				}
				return tt.home, nil
			},
			WorkDir: func() (string, error) { return "/work", nil },
		}
		c, err := config.Load(nil, s)
		if tt.want == "" {
			if !errors.Is(err, config.ErrNoHome) || strings.Contains(err.Error(), "\n") {
				t.Errorf("no home at all: got %v", err)
			}
			continue
		}
		if err != nil || c.Profile.Dir != tt.want {
			t.Errorf("%s %v: got %q, %v", tt.os, tt.env, c.Profile.Dir, err)
		}
	}
}

func TestANewProfileIsClosedToOthersWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o777} {
		t.Run(fmt.Sprintf("umask %03o", mask), func(t *testing.T) {
			base := t.TempDir()
			defer umask(umask(mask))
			config.Private()
			p := config.Profile{Dir: filepath.Join(base, "a", "b")}
			must(t, p.Create())
			must(t, os.WriteFile(p.Log(), nil, 0o666))
			for path, want := range map[string]fs.FileMode{p.Dir: 0o700, filepath.Dir(p.Dir): 0o700, p.Log(): 0o600} {
				st, err := os.Stat(path)
				must(t, err)
				if st.Mode().Perm() != want {
					t.Errorf("%s has mode %o", path, st.Mode().Perm())
				}
			}
		})
	}
}

func TestAnOpenProfileIsClosed(t *testing.T) {
	p := config.Profile{Dir: t.TempDir()}
	must(t, os.Chmod(p.Dir, 0o755))
	must(t, p.Create())
	if st, _ := os.Stat(p.Dir); st.Mode().Perm() != 0o700 {
		t.Errorf("mode %o", st.Mode().Perm())
	}
	if left, _ := os.ReadDir(p.Dir); len(left) != 0 {
		t.Errorf("Create left %v", left)
	}
}

// A copy of a profile, or a .env from an editor, has the modes of another umask.
func TestAStartClosesTheProfilesFilesToOthersAndNothingElse(t *testing.T) {
	p := config.Profile{Dir: t.TempDir()}
	closed := []string{"munpae.db", "munpae.log", "munpae-2026-01-01T00-00-00.000.log", "install.json", "cookies.sqlite", ".env", "backup/a.db", "webview/deep/salt"}
	left := []string{"key", "letter.txt", "pictures/me.png"}
	for _, f := range append(closed, left...) {
		write(t, filepath.Join(p.Dir, f), "", 0o644)
		os.Chmod(filepath.Dir(filepath.Join(p.Dir, f)), 0o755)
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	write(t, elsewhere, "", 0o644)
	must(t, os.Symlink(elsewhere, filepath.Join(p.Dir, "munpae.lock")))
	must(t, p.Create())
	mode := func(path string) fs.FileMode {
		st, err := os.Stat(path)
		must(t, err)
		return st.Mode().Perm()
	}
	for _, f := range append(closed, "backup", "webview", "webview/deep") {
		if m := mode(filepath.Join(p.Dir, f)); m&0o077 != 0 {
			t.Errorf("%s is %v", f, m)
		}
	}
	for _, f := range append(left, "pictures") {
		if m := mode(filepath.Join(p.Dir, f)); m&0o044 == 0 {
			t.Errorf("%s is %v", f, m)
		}
	}
	if m := mode(elsewhere); m != 0o644 {
		t.Errorf("a link was followed: %v", m)
	}
	// CF-04: one that others could write stays refused at the next start, too.
	os.Chmod(p.Settings(), 0o666)
	must(t, p.Create())
	if m := mode(p.Settings()); m != 0o666 {
		t.Errorf("a .env of anybody is %v", m)
	}
}

func TestAProfileThatCannotBeWrittenIsSaidInOneLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "", 0o600)
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/munpae", "/sys"} {
		err := config.Profile{Dir: dir}.Create()
		if _, ok := errors.AsType[*config.ProfileError](err); !ok {
			t.Errorf("%s: got %v", dir, err)
			continue
		}
		if s := err.Error(); strings.Contains(s, "\n") || !strings.Contains(s, dir) {
			t.Errorf("%s: %q", dir, s)
		}
	}
}
