//go:build e2e

package e2e

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/sqlite"
	spoken "munpae.example/munpae/app/internal/words"
)

// dialogWords are the accessible names (docs/contract.md#accessible-names) that only these tests need.
type dialogWords struct{ change, back, renamed, renameFrom, language, theme string }

var dialogIn = map[string]dialogWords{
	"ko": {change: "바꾸기", back: "뒤로", renamed: "닉네임을 바꿨습니다", renameFrom: "%s부터 다시 바꿀 수 있습니다", language: "언어", theme: "테마"},
	"en": {change: "Change", back: "Back", renamed: "Your nickname is changed", renameFrom: "You can change it again from %s", language: "Language", theme: "Theme"},
}

// behind does something to the running program's database from another process: this one.
func (p *program) behind(f func(db *sqlite.DB) error) {
	p.t.Helper()
	db, err := sqlite.Open(p.t.Context(), sqlite.Options{
		Path: filepath.Join(p.profile, "munpae.db"), Clock: app.SystemClock{}, Rekey: nickname.Keys, NicknameVersion: nickname.Version,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	if err := f(db); err != nil {
		p.t.Fatal(err)
	}
}

// someoneTakes gives each nickname to somebody else.
func (p *program) someoneTakes(nicknames ...string) {
	p.t.Helper()
	p.behind(func(db *sqlite.DB) error {
		for _, text := range nicknames {
			n, err := nickname.Parse(text)
			if err != nil {
				return err
			}
			id, now := rand.Text(), time.Now()
			who := app.Profile{Key: app.IdentityKey{Issuer: "https://elsewhere.example", Subject: id}, Provider: "oidc"}
			err = db.SavePendingSignUp(p.t.Context(), app.PendingSignUp{ID: id, Sealed: []byte{0}, Key: who.Key, CreatedAt: now, ExpiresAt: now.Add(app.PendingLifetime)})
			if err != nil {
				return err
			}
			_, err = db.SignUp(p.t.Context(), id, who, n, app.Session{
				ID: id, KeyID: id, Generation: 1, CurrentJTI: id, CreatedAt: now, ConfirmedAt: now, ClaimedAt: now,
				IdleUntil: now.Add(app.IdleLifetime), AbsoluteEnd: now.Add(app.AbsoluteLifetime),
				EndedAt: now, EndReason: app.EndSignedOut, // nobody of this door's
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// atDialog is a program with who in the nickname dialog.
func atDialog(t *testing.T, w words, who practice.Person, args ...string) (*program, *providertest.Server) {
	t.Helper()
	s := serve(t)
	s.NextPerson(who)
	p := install(t, w.lang, settings(s)...)
	p.args = args
	p.start()
	p.press(w.github)
	browse(t, p.address(1))
	p.see("dialog", w.dialog)
	p.hears(w.free) // for the proposal that the entry starts with
	return p, s
}

// proposals are the names of the buttons between the status and Start.
func (p *program) proposals(w words) []string {
	p.t.Helper()
	var names []string
	dialog := p.see("dialog", w.dialog)
	dialog.walk(func(c node) bool {
		if c.role == "push button" && c.name != w.start && c.name != w.other {
			names = append(names, c.name)
		}
		return true
	})
	return names
}

// focused waits until that object has the keyboard.
func (p *program) focused(role, name string) {
	p.t.Helper()
	end := time.Now().Add(appearsWithin)
	for !p.see(role, name).has(stateFocused) {
		if time.Now().After(end) {
			w, _ := p.window()
			has := ""
			w.walk(func(c node) bool {
				if c.has(stateFocused) {
					has = c.role + " " + c.name
				}
				return true
			})
			p.t.Fatalf("%s %q has not the focus; it is on %q", role, name, has)
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// tabTo goes on by Tab until the button of that name has the focus: there is a way to it.
func (p *program) tabTo(name string) {
	p.t.Helper()
	p.goTo("Tab", "push button", name)
}

// tabBackTo is tabTo the other way round.
func (p *program) tabBackTo(name string) {
	p.t.Helper()
	p.goTo("shift+Tab", "push button", name)
}

func (p *program) goTo(key, role, name string) {
	p.t.Helper()
	p.somewhere(role, name)
	p.hasKeyboard()
	var passed []string
	for at := p.focus(); len(passed) < 60; {
		from := at.path
		typeKeys(p.t, 0, key)
		eventually(p.t, appearsWithin, "the focus goes on from "+at.name, func() bool {
			at = p.focus()
			return at.path != "" && at.path != from
		})
		if at.role == role && at.name == name {
			return
		}
		passed = append(passed, at.role+" "+at.name)
	}
	p.t.Fatalf("no way to %q by %s; it passed %q", name, key, passed)
}

// focus is what has it; nothing if nothing does.
func (p *program) focus() (found node) {
	w, _ := p.window()
	w.walk(func(c node) bool {
		if c.name != "" && c.has(stateFocused) {
			found = c // the innermost: what is around it may say so too
		}
		return true
	})
	return found
}

// refusals are texts and what the dialog says about each.
var refusals = []struct {
	name, text string
	code       app.Code
	params     app.Params
	proposals  bool
}{
	{"taken", "길동", app.CodeNicknameTaken, nil, true},
	{"taken-latin", "Octocat", app.CodeNicknameTaken, nil, true},
	{"looks-like", "0ctocat", app.CodeNicknameLooksLike, nil, true},
	{"reserved", "admin", app.CodeNicknameReserved, nil, true},
	{"reserved-disguised", "관.리.자", app.CodeNicknameReserved, nil, true},
	{"too-short", "가", app.CodeNicknameTooShort, nil, false},
	{"too-long", "가나다라마바사아자차카타파하거너더러머버서", app.CodeNicknameTooLong, nil, false},
	{"bad-character", "길동!", app.CodeNicknameBadCharacter, app.Params{"character": "!"}, false},
	{"bad-separator", "gil--dong", app.CodeNicknameBadSeparator, nil, false},
	{"mixed-scripts", "аlex", app.CodeNicknameMixedScripts, nil, false}, // the first letter is Cyrillic
	{"incomplete-hangul", "ㅋㅋ", app.CodeNicknameIncompleteHangul, nil, false},
}

func TestTheDialogSaysWhyANicknameIsRefusedAndWhatWouldBeFree(t *testing.T) {
	inEveryLook(t, func(t *testing.T, w words, theme string) { refusalsShow(t, w, theme) })
}

func refusalsShow(t *testing.T, w words, theme string) {
	p, _ := atDialog(t, w, nora, "--theme", theme)
	shoot := func(name string) { desk.screenshot(t, name+"-"+w.lang+"-"+theme) }
	shoot("proposed")
	p.someoneTakes("길동", "octocat")
	entry := p.see("entry", w.nickname)
	for _, r := range refusals {
		p.replaceText(entry, r.text)
		p.hears(spoken.Say(app.Language(w.lang), r.code, r.params).Happened)
		if p.see("push button", w.start).has(stateEnabled) {
			t.Errorf("Start is enabled for %q, which is %s", r.text, r.code)
		}
		names := p.proposals(w)
		if r.proposals && r.code != app.CodeNicknameReserved && len(names) == 0 || len(names) > 3 || !r.proposals && len(names) != 0 {
			t.Errorf("%s: the proposals are %q", r.code, names)
		}
		t.Logf("%s %q: %q", r.code, r.text, names)
		shoot(r.name)
	}
	// A proposal's name is the nickname itself; pressing it fills the entry and checks it.
	p.replaceText(entry, "길동")
	p.hears(spoken.Say(app.Language(w.lang), app.CodeNicknameTaken, nil).Happened)
	names := p.proposals(w)
	if len(names) != 3 {
		t.Fatalf("the proposals are %q, want three", names)
	}
	for _, name := range names {
		if strings.ContainsFunc(name, func(r rune) bool { return r < 0xAC00 && (r < '0' || r > '9') }) {
			t.Errorf("the proposal %q left the script of 길동", name)
		}
	}
	p.press(names[0])
	p.shows(w, names[0])
	p.hears(w.free)
	p.focused("entry", w.nickname)
	eventually(t, appearsWithin, "Start enabled", func() bool { return p.canStart(w) })
	shoot("available")
	// Just taken: free at the check, gone at the act.
	p.someoneTakes(names[0])
	p.press(w.start)
	p.hears(spoken.Say(app.Language(w.lang), app.CodeNicknameJustTaken, nil).Happened)
	if p.canStart(w) {
		t.Error("Start is enabled for a nickname that has just been taken")
	}
	shoot("just-taken")
	again := p.proposals(w)
	if len(again) == 0 || again[0] == names[0] {
		t.Fatalf("a lost race proposes %q", again)
	}
	p.press(again[0])
	p.hears(w.free)
	p.press(w.start)
	p.see("heading", again[0])
}

func TestTheDialogIsModalAndTheKeyboardAloneWalksIt(t *testing.T) {
	w, d := korean, dialogIn["ko"]
	p, _ := atDialog(t, w, nora)
	p.someoneTakes("octocat")
	if !p.see("dialog", w.dialog).has(stateModal) {
		t.Error("the dialog is not modal")
	}
	p.hears(nora.Login) // the account that it comes from
	p.hasKeyboard()
	p.focused("entry", w.nickname)
	// The proposal is selected at opening: typing replaces it.
	desk.xdotool(t, "type", "--delay", "15", "octocat")
	p.shows(w, "octocat")
	p.hears(spoken.Say(app.Korean, app.CodeNicknameTaken, nil).Happened)
	first := p.proposals(w)[0]
	typeKeys(t, 0, "Tab")
	p.focused("push button", first)
	typeKeys(t, 0, "Return")
	p.focused("entry", w.nickname)
	p.shows(w, first)
	p.hears(w.free)
	eventually(t, appearsWithin, "Start enabled", func() bool { return p.canStart(w) })
	for _, next := range [][2]string{{"push button", w.start}, {"push button", w.other}, {"combo box", d.language}, {"combo box", d.theme}} {
		typeKeys(t, 0, "Tab")
		p.focused(next[0], next[1])
	}
	typeKeys(t, 0, "shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab")
	p.focused("entry", w.nickname)
	typeKeys(t, 0, "Return")
	p.see("heading", first)
}

func TestEscapeAndClosingTheWindowKeepTheSignUp(t *testing.T) {
	p, s := atDialog(t, english, nora)
	p.hasKeyboard()
	typeKeys(t, 300*time.Millisecond, "Escape", "Escape", "Escape")
	p.see("dialog", english.dialog)
	s.Stop() // the provider is not asked again
	p.quit()
	p.start()
	p.see("dialog", english.dialog)
	p.choose(english, "Nora")
	p.see("heading", "Nora")
}

func TestUseAnotherAccountDropsTheSignUpForGood(t *testing.T) {
	p, s := atDialog(t, english, nora)
	p.press(english.other)
	p.see("heading", english.heading)
	p.kill()
	p.start()
	p.see("heading", english.heading)
	p.absent("dialog", english.dialog)
	s.NextPerson(seulgi)
	p.press(english.github)
	browse(t, p.address(2))
	p.see("dialog", english.dialog)
	p.hears(seulgi.Login)
}

func TestARenameIsFollowedAtOnceAndSaysWhenTheNextIsPossible(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) { renames(t, w, dialogIn[w.lang]) })
	}
}

func renames(t *testing.T, w words, d dialogWords) {
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.start()
	p.signUp(s, w, w.github, nora, "길동")
	p.someoneTakes("둘리")
	p.press(w.account)
	entry := p.see("entry", w.nickname)
	p.replaceText(entry, "둘리")
	p.hears(spoken.Say(app.Language(w.lang), app.CodeNicknameTaken, nil).Happened)
	desk.screenshot(t, "rename-taken-"+w.lang)
	p.replaceText(entry, "또치")
	p.hears(w.free)
	eventually(t, appearsWithin, "Change enabled", func() bool { return p.see("push button", d.change).has(stateEnabled) })
	p.press(d.change)
	p.hears(d.renamed)
	desk.screenshot(t, "renamed-"+w.lang)
	p.press(d.back)
	p.see("heading", "또치")
	p.press(w.account)
	next := dateInWords(w.lang, time.Now().Add(app.RenameInterval))
	p.hears(fmt.Sprintf(d.renameFrom, next))
	p.absent("push button", d.change) // the former nickname is no exception
	desk.screenshot(t, "rename-too-soon-"+w.lang)
	p.kill()
	p.start()
	p.see("heading", "또치") // both cookies hold
	p.press(w.account)
	p.hears(fmt.Sprintf(d.renameFrom, next))
	p.press(d.back)
	// The former nickname stays its owner's: nobody else gets it.
	p.press(w.signOut)
	s.NextPerson(seulgi)
	p.press(w.github)
	browse(t, p.address(2))
	p.see("dialog", w.dialog)
	p.replaceText(p.see("entry", w.nickname), "길동")
	p.hears(spoken.Say(app.Language(w.lang), app.CodeNicknameTaken, nil).Happened)
}

func TestTheFormerNicknameBackTooSoonIsRefusedWithTheDate(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			p.start()
			p.signUp(s, w, w.github, nora, "길동")
			p.press(w.account)
			entry := p.see("entry", w.nickname)
			// Another program on the same profile renamed them: this window still offers it.
			p.behind(func(db *sqlite.DB) error {
				user, err := db.UserByIdentity(t.Context(), app.IdentityKey{Issuer: issuerOf(t, s), Subject: fmt.Sprint(nora.GitHubID())})
				if err != nil {
					return err
				}
				n, err := nickname.Parse("또치")
				if err != nil {
					return err
				}
				_, err = db.Rename(t.Context(), user.ID, n, time.Now())
				return err
			})
			p.replaceText(entry, "길동")
			p.hears(w.free) // it is theirs to take back
			p.press(dialogIn[w.lang].change)
			// Refused, and the window learns who they are now and when they may.
			p.hears(fmt.Sprintf(dialogIn[w.lang].renameFrom, dateInWords(w.lang, time.Now().Add(app.RenameInterval))))
			p.press(dialogIn[w.lang].back)
			p.see("heading", "또치")
			desk.screenshot(t, "rename-refused-"+w.lang)
		})
	}
}

// issuerOf is the issuer of the played GitHub: its address without the loopback
// port, and the provider's ID (docs/security.md#accounts).
func issuerOf(t testing.TB, s *providertest.Server) string {
	t.Helper()
	return issuerAt(t, s.GitHubURL(), "github")
}

// issuerAt is issuerOf for a provider with that address.
func issuerAt(t testing.TB, address, provider string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.Fragment = u.Hostname(), provider
	return u.String()
}

func dateInWords(lang string, at time.Time) string {
	year := ""
	if lang == "ko" {
		if at.Year() != time.Now().Year() {
			year = fmt.Sprintf("%d년 ", at.Year())
		}
		return fmt.Sprintf("%s%d월 %d일", year, at.Month(), at.Day())
	}
	if at.Year() != time.Now().Year() {
		year = fmt.Sprintf(" %d", at.Year())
	}
	return fmt.Sprintf("%d %s%s", at.Day(), at.Month(), year)
}
