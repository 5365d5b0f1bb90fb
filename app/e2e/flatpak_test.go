//go:build e2e && flatpak

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What flatpak-builder makes of the manifest is started by flatpak, with its real sandbox and
// the rights of the manifest and no more. build/linux/flatpak.sh installs it and runs this:
// MUNPAE_FLATPAK is its name, and FLATPAK_USER_DIR where it is installed.
func TestAsAFlatpakSomebodySignsInByThePortalAndStaysSignedIn(t *testing.T) {
	id := os.Getenv("MUNPAE_FLATPAK")
	if id == "" {
		t.Fatal("MUNPAE_FLATPAK names no Flatpak: build/test.sh packages runs this")
	}
	// Flatpak before 1.16 lets a page's processes find each other on no bus of its filtering, so
	// the test looks at the window by the unfiltered one; a screen reader hears nothing of the
	// page there.
	eyes := accessibility(t)
	path, _, _ := strings.Cut(strings.TrimPrefix(eyes, "unix:path="), ",")
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			o := openOpener(t)
			s := serve(t)
			s.NextPerson(seulgi)
			p := install(t, w.lang, settings(s)...)
			// It has no folder but the one that flatpak gives it.
			home := t.TempDir()
			p.profile = filepath.Join(home, ".var", "app", id, "data", "munpae")
			p.env = append(p.env, "HOME="+home, "MUNPAE_KEYSTORE=auto", "FLATPAK_USER_DIR="+os.Getenv("FLATPAK_USER_DIR"))
			p.wrap, p.binary, p.bare, p.args = []string{"flatpak", "run", "--user", "--no-a11y-bus", "--env=AT_SPI_BUS_ADDRESS=" + eyes, "--filesystem=" + filepath.Dir(path)}, id, true, []string{"--lang", w.lang}
			// The sandbox has processes of its own: what is killed is the program in it.
			ends := func() {
				t.Helper()
				c := exec.Command("flatpak", "kill", id)
				c.Env = desk.env(p.env...)
				if out, err := c.CombinedOutput(); err != nil {
					t.Fatalf("flatpak kill: %v %s", err, out)
				}
				p.kill()
			}
			p.start()
			p.see("push button", w.github).press(t)
			o.browses(t, p)
			p.see("dialog", w.dialog)
			p.hears(w.free)
			p.press(w.start)
			p.see("heading", "윤슬기")
			desk.screenshot(t, "flatpak-home-"+w.lang)
			ends()
			p.start()
			p.see("heading", "윤슬기")
			if _, err := os.Stat(p.file("munpae.db")); err != nil {
				t.Error("the account is not in the folder that flatpak gives: ", err)
			}
			p.quit()
			c := exec.Command("flatpak", "run", "--user", id, "doctor", "--json", "--lang", w.lang)
			c.Env = desk.env(p.env...)
			if out, err := c.Output(); err != nil || strings.Contains(string(out), `"problem"`) {
				t.Errorf("the self-test: %v\n%s", err, out)
			}
		})
	}
}
