//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// notes builds the program of testdata/notes and returns a profile of it.
func notes(t *testing.T, w words, settings ...string) *program {
	t.Helper()
	for i := range settings {
		settings[i] = strings.Replace(settings[i], "MUNPAE_", "NOTES_", 1)
	}
	p := install(t, w.lang, append(settings, "NOTES_KEYSTORE=file")...)
	p.name, p.binary = "notes", filepath.Join(t.TempDir(), "notes")
	build := exec.Command("go", "build", "-tags", "desktop,production,webkit2_41", "-o", p.binary, "./testdata/notes")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return p
}

// The road of a person through somebody else's program: the wall, its own page, the
// account and back, a restart offline, a router's reload, a sign-out from Go.
func TestEM10_AnotherProgramsPageIsBehindTheSignIn(t *testing.T) {
	s := serve(t)
	p := notes(t, english, settings(s)...)
	p.start()
	p.see("push button", english.github)
	desk.screenshot(t, "notes-wall")
	p.signUp(s, english, english.github, nora, "Nora")
	p.see("heading", "Nora")
	p.hears("Nora wrote this")
	p.hears("failed: Error: no paper left") // the program's own error, as it wrote it
	p.hears("Nora, 0 cookies")
	p.hears("kept")
	p.hears("at /")
	desk.screenshot(t, "notes-page")

	p.press("My account")
	p.see("heading", english.account)
	desk.screenshot(t, "notes-account")
	p.press("Back")
	p.see("heading", "Nora")
	p.hears("at /shelf/1")
	if dirs, _ := filepath.Glob(filepath.Join(p.profile, "users", "*", "note")); len(dirs) != 1 {
		t.Errorf("the person's own folder holds %v", dirs)
	}
	p.quit()

	s.Stop()
	p.start()
	p.see("heading", "Nora")
	p.press("Leave")
	p.see("push button", english.github)
	p.nowhere("heading", "Nora")
	p.quit()
	if out := p.output.String(); !strings.Contains(out, "changed: Nora true\nchanged:  false") {
		t.Errorf("it was told %s", out)
	}
	if out, err := exec.Command(p.binary, "--version").Output(); err != nil || string(out) != "notes 1\n" {
		t.Errorf("--version: %q %v", out, err)
	}
	if help, err := exec.Command(p.binary, "--help").Output(); err != nil || !strings.HasPrefix(string(help), "notes [--profile DIR]") {
		t.Errorf("--help: %q %v", help, err)
	}
}

// Another session, or the database itself, may end the one that the page stands on.
func TestEM11_ASessionThatIsEndedElsewhereBringsTheWallBack(t *testing.T) {
	s := serve(t)
	p := notes(t, english, settings(s)...)
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	p.see("heading", "Nora")
	for _, f := range p.beside("*.db") {
		p.sql(filepath.Base(f), "UPDATE sessions SET ended_at=created_at, end_reason='revoked'")
	}
	p.see("push button", english.github)
	if _, err := os.Stat(filepath.Join(p.profile, "users")); err != nil {
		t.Error(err) // an ended session is no deleted account
	}
}

// What the program keeps goes where the account goes, comes back with it, and stays where
// the program says no.
func TestMG11_AProgramMovesWhatItKeepsOfTwoAccountsAndMayRefuse(t *testing.T) {
	s := serve(t)
	m := mergeIn["en"]
	p := notes(t, english, settings(s)...)
	kept := func(names ...string) {
		t.Helper()
		eventually(t, appearsWithin, strings.Join(names, ", ")+" in the folders", func() bool {
			got, _ := filepath.Glob(filepath.Join(p.profile, "users", "*", "note*"))
			for i := range got {
				got[i] = filepath.Base(got[i])
			}
			slices.Sort(got)
			return slices.Equal(got, names)
		})
	}
	owners := func(want string) {
		t.Helper()
		eventually(t, appearsWithin, want, func() bool {
			return p.sql("notes.db", "SELECT i.provider || ' ' || u.nick FROM identities i JOIN users u ON u.id=i.user_id ORDER BY 1") == want
		})
	}
	p.start()
	p.signUp(s, english, english.github, nora, "길동")
	p.hears("kept")
	hers, _ := filepath.Glob(filepath.Join(p.profile, "users", "*"))
	if len(hers) != 1 {
		t.Fatal(hers)
	}
	p.press("Leave")
	s.NextPerson(seulgi)
	p.press(english.naver)
	browse(t, p.address(2))
	p.see("dialog", english.dialog)
	p.choose(english, "둘리")
	p.see("heading", "둘리")
	p.hears("kept")
	kept("note", "note")

	open := filepath.Join(hers[0], "open")
	if err := os.WriteFile(open, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.press("My account")
	s.NextPerson(nora)
	p.somewhere("push button", m.link).press(t)
	browse(t, p.address(3))
	p.see("heading", m.question)
	p.press(m.together)
	p.hears("The notes are open elsewhere.")
	desk.screenshot(t, "notes-merge-refused")
	owners("github 길동\nnaver 둘리")
	kept("note", "note")

	os.Remove(open)
	p.press(m.together) // the question still stands
	undo := p.somewhere("push button", m.undo)
	owners("github 둘리\nnaver 둘리")
	kept("note", "note of 길동")
	desk.screenshot(t, "notes-merged")
	undo.press(t)
	p.nowhere("heading", m.title)
	owners("github 길동\nnaver 둘리")
	kept("note", "note")
}

// look is a program of testdata/notes with a look of its own.
func look(t *testing.T, w words, theme string, settings ...string) *program {
	t.Helper()
	p := notes(t, w, append(settings, "NOTES_LOOK=1")...)
	p.args = []string{"--theme", theme}
	return p
}

// What a person sees of the sign-in is the program's: its name, picture, colours and
// sentence, in the window, in the browser, and in what the desktop says.
func TestEM15_AProgramsLookIsInTheWindowTheBrowserAndTheNotification(t *testing.T) {
	n := notify(t)
	sentence := map[string]string{"ko": "노트를 펼쳐 보세요", "en": "Open your notebook"}
	for _, w := range languages {
		for _, theme := range []string{"light", "dark"} {
			t.Run(w.lang+" "+theme, func(t *testing.T) {
				s := serve(t)
				p := look(t, w, theme, settings(s)...)
				p.start()
				p.see("heading", sentence[w.lang])
				picture := "look-" + w.lang + "-" + theme
				desk.screenshot(t, picture+"-1-sign-in")
				s.NextPerson(nora)
				p.press(w.github)
				p.see("push button", w.cancel)
				desk.screenshot(t, picture+"-2-waiting")
				desk.manager.Process.Signal(syscall.SIGSTOP) // nobody comes forward
				defer desk.manager.Process.Signal(syscall.SIGCONT)
				desk.xdotool(t, "windowfocus", desk.xdotool(t, "search", "--maxdepth", "0", "--name", ""))
				body := string(visit(t, p.address(1)).Body)
				if !strings.Contains(body, "· Notes &amp; Co</title>") || !strings.Contains(body, `<img class="logo"`) || strings.Contains(body, "Munpae") {
					t.Errorf("the page in the browser is not the program's:\n%s", body)
				}
				photograph(t, picture+"-3-browser", body, theme)
				select {
				case shown := <-n.shown:
					if shown.summary != "Notes & Co" {
						t.Errorf("the notification is %q's", shown.summary)
					}
				case <-t.Context().Done():
				case <-time.After(appearsWithin):
					t.Error("no notification")
				}
				desk.manager.Process.Signal(syscall.SIGCONT)
				p.see("dialog", w.dialog)
				desk.screenshot(t, picture+"-4-nickname")
				p.choose(w, "Nora")
				p.see("heading", "Nora")
				p.press("My account")
				p.see("heading", w.account)
				desk.screenshot(t, picture+"-5-account")
			})
		}
	}
}

// Where no provider is set, the screen names the settings by the program's name.
func TestEM15_TheScreenWithoutAProviderNamesTheProgramsOwnSettings(t *testing.T) {
	for _, w := range languages {
		p := look(t, w, "light")
		p.start()
		p.hears("NOTES_GITHUB_CLIENT_ID=…")
		desk.screenshot(t, "look-"+w.lang+"-setup")
		if win, _ := p.window(); strings.Contains(win.said(), "MUNPAE_") {
			t.Errorf("it names Munpae's settings:\n%s", win.said())
		}
		p.quit()
	}
}

// photograph keeps a picture of a page as a browser shows it.
func photograph(t *testing.T, name, page, theme string) {
	t.Helper()
	folder := os.Getenv("MUNPAE_SCREENSHOTS")
	if folder == "" {
		return
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--screenshot=" + filepath.Join(folder, name+".png"), "--window-size=640,640"}
	if theme == "dark" {
		args = append(args, "--blink-settings=preferredColorScheme=0")
	}
	runChromium(t, append(args, "file://"+file)...)
}

// An app that allows its page less of Wails' runtime is heeded, in the window.
func TestWV15_APageCallsOfWailsWhatItsProgramAllows(t *testing.T) {
	for _, allowed := range []string{"", "NOTES_RUNTIME=1"} {
		s := serve(t)
		p := notes(t, english, append(settings(s), allowed)...)
		p.start()
		p.signUp(s, english, english.github, nora, "Nora")
		p.hears("Nora wrote this")
		p.press("Ask Wails")
		p.hears("Nora wrote this, 500 wide")
		want := "Another title"
		if allowed != "" {
			want = `Notes \[\]`
		}
		if p.shown(want) == "" {
			t.Errorf("with %q the window is not called %s", allowed, want)
		}
		desk.screenshot(t, "runtime"+allowed)
		p.kill()
	}
}
