package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/files/filestest"
)

// ownFile is what Go makes of any file's access list that lets it be written.
const ownFile = 0o666

// everybody lets every user of the computer use path, as the root of a second disk does.
func everybody(t *testing.T, path string) {
	t.Helper()
	filestest.Access(t, path, "D:P(A;OICI;FA;;;WD)")
}

func openTo(t *testing.T, path string) string {
	t.Helper()
	st, err := os.Stat(path)
	must(t, err)
	return files.OpenTo(path, st)
}

// A folder below one that is everybody's, and a copy of a profile in which everything is.
func TestCF05_AStartClosesTheProfilesFilesToOthersAndNothingElse(t *testing.T) {
	base := t.TempDir()
	everybody(t, base)
	p := config.Profile{Dir: filepath.Join(base, "홍 길동", "munpae")}
	closed := []string{"munpae.db", "munpae.log", "install.json", "cookies.sqlite", ".env", `backup\a.db`, `webview\deep\salt`}
	left := []string{"letter.txt"}
	for _, f := range append(closed, left...) {
		write(t, filepath.Join(p.Dir, f), "", ownFile)
		everybody(t, filepath.Join(p.Dir, f))
	}
	filestest.Access(t, p.Settings(), "D:P(A;;FA;;;OW)(A;;FR;;;WD)") // one that others may write is refused, and left
	everybody(t, p.Dir)
	must(t, p.Create())
	for _, f := range append(closed, ".", "backup", `webview\deep`) {
		if who := openTo(t, filepath.Join(p.Dir, f)); who != "" {
			t.Errorf("%s is open to %s", f, who)
		}
	}
	for _, f := range left {
		if openTo(t, filepath.Join(p.Dir, f)) == "" {
			t.Errorf("%s, which is not ours, was changed", f)
		}
	}
	write(t, p.Log(), "", ownFile)
	if who := openTo(t, p.Log()); who != "" {
		t.Errorf("what is made in it is open to %s", who)
	}
}

// The folder above the demo's, which the demo makes, is nobody else's either.
func TestCF05_AFolderThatIsMadeIsClosedWithThoseAbove(t *testing.T) {
	base := t.TempDir()
	everybody(t, base)
	p := config.Profile{Dir: filepath.Join(base, "a", "munpae", "demo")}
	must(t, p.Create())
	for dir := p.Dir; dir != base; dir = filepath.Dir(dir) {
		if who := openTo(t, dir); who != "" {
			t.Errorf("%s is open to %s", dir, who)
		}
	}
	if openTo(t, base) == "" {
		t.Error("what was there was changed")
	}
}

// CF-04: what others could write stays refused at the next start, too.
func TestCF04_ADotenvThatOthersMayWriteIsRefused(t *testing.T) {
	pc := newComputer(t)
	c := pc.load(t, "MUNPAE_GITHUB_CLIENT_ID=id\n")
	if of(c, "github", "CLIENT_ID") != "id" {
		t.Fatalf("the person's own does not count: %v", c.Problems)
	}
	for range 2 {
		everybody(t, c.Profile.Settings())
		again, err := config.Load([]string{"--profile", c.Profile.Dir}, pc.system())
		must(t, err)
		if len(again.Problems) != 1 || of(again, "github", "CLIENT_ID") != "" {
			t.Errorf("it counts: %v", again.Problems)
		}
		must(t, c.Profile.Create())
	}
}

// A folder is what Windows itself takes its name for.
func TestCF06_AFolderIsWhereWindowsLooksForIt(t *testing.T) {
	wd, err := os.Getwd()
	must(t, err)
	disk := filepath.VolumeName(wd)
	for named, want := range map[string]string{
		`C:\Users\홍 길동\munpae`:     `C:\Users\홍 길동\munpae`,
		`C:/Users/hong`:            `C:\Users\hong`,
		`\\server\share\munpae`:    `\\server\share\munpae`,
		`\\?\C:\Users\hong`:        `\\?\C:\Users\hong`,
		`\munpae`:                  disk + `\munpae`,
		`/munpae`:                  disk + `\munpae`,
		disk + `munpae`:            filepath.Join(wd, "munpae"),
		`munpae`:                   `W:\work\munpae`,
		`..\munpae`:                `W:\munpae`,
		`C:\Users\hong\..\munpae\`: `C:\Users\munpae`,
	} {
		s := config.System{OS: "windows", Env: func(string) (string, bool) { return "", false }, WorkDir: func() (string, error) { return `W:\work`, nil }}
		c, err := config.Load([]string{"--profile", named}, s)
		if err != nil || c.Profile.Dir != want {
			t.Errorf("%s is %q, %v; not %q", named, c.Profile.Dir, err, want)
		}
	}
}

func TestAProfileThatCannotBeMadeIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "", ownFile)
	for _, dir := range []string{file, filepath.Join(file, "below"), `NUL`, filepath.Join(t.TempDir(), "CON", "munpae"), `Q:\munpae`, `\\nobody\nothing\munpae`} {
		c, err := config.Load([]string{"--profile", dir}, config.ThisComputer("munpae"))
		must(t, err)
		if err := c.Profile.Create(); err == nil {
			t.Errorf("%s: it was made", dir)
		} else if _, ok := errors.AsType[*config.ProfileError](err); !ok {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if err := (config.Profile{Dir: `Q:\munpae`}).Creatable(); err == nil {
		t.Error("a folder on no disk can be made")
	}
}

// Windows has no LANG: the person's language is that of its menus.
func TestTheLanguageIsThatOfWindows(t *testing.T) {
	all := config.ThisComputer("munpae").Languages()
	if len(all) == 0 {
		t.Error("Windows names none")
	}
}
