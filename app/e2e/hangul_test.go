//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// hangulKeys are the keys of 홍길동 on the 2-set layout: ㅎㅗㅇ ㄱㅣㄹ ㄷㅗㅇ.
var hangulKeys = []string{"g", "h", "d", "r", "l", "f", "e", "h", "d"}

// inputMethod is what a program needs to be typed into through IBus.
var inputMethod = []string{"GTK_IM_MODULE=ibus", "XMODIFIERS=@im=ibus"}

// startHangul runs IBus on the suite's display for one test, with the engine of
// ibus-hangul chosen.
func startHangul(t *testing.T) {
	t.Helper()
	// The engine starts in Latin; a person would press the 한/영 key first.
	settings := filepath.Join(desk.dir, "home", ".config", "glib-2.0", "settings")
	if err := os.MkdirAll(settings, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(settings, "keyfile"), []byte("[org/freedesktop/ibus/engine/hangul]\ninitial-input-mode='hangul'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := desk.env(append(inputMethod, "GSETTINGS_BACKEND=keyfile")...)
	daemon(t, env, "ibus-daemon", "--panel", "disable", "--emoji-extension", "disable", "--config", "/usr/libexec/ibus-memconf", "--cache", "none")
	said := ""
	eventually(t, appearsWithin, "the engine of ibus-hangul", func() bool {
		choose := exec.Command("ibus", "engine", "hangul")
		choose.Env = env
		choose.Run()
		ask := exec.Command("ibus", "engine")
		ask.Env = env
		out, err := ask.CombinedOutput()
		said = strings.TrimSpace(string(out))
		return err == nil && said == "hangul"
	})
}

// logged returns the lines of the program's log with that message.
func (p *program) logged(message string) []map[string]any {
	p.t.Helper()
	f, err := os.Open(filepath.Join(p.profile, "munpae.log"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	var lines []map[string]any
	for s := bufio.NewScanner(f); s.Scan(); {
		var line map[string]any
		if json.Unmarshal(s.Bytes(), &line) == nil && line["msg"] == message {
			lines = append(lines, line)
		}
	}
	return lines
}

// checks returns the codes that the live check has answered so far.
func (p *program) checks() []string {
	p.t.Helper()
	codes := []string{}
	for _, l := range p.logged("nickname checked") {
		codes = append(codes, l["code"].(string))
	}
	return codes
}

// typeKeys presses keys one after the other, as slowly as a person who looks for them.
func typeKeys(t testing.TB, between time.Duration, keys ...string) {
	t.Helper()
	for _, k := range keys {
		if desk.wayland != nil {
			desk.wayland.key(k)
		} else {
			desk.xdotool(t, "key", k)
		}
		time.Sleep(between)
	}
}

// hangulDialog is the nickname dialog of Nora with the engine on and an empty entry.
func hangulDialog(t *testing.T, w words) *program {
	t.Helper()
	s := serve(t)
	startHangul(t)
	s.NextPerson(nora)
	p := install(t, w.lang, append(settings(s), inputMethod...)...)
	p.start()
	p.press(w.github)
	browse(t, p.address(1))
	p.hears(w.free) // for the proposal that the entry starts with
	p.hasKeyboard()
	p.see("entry", w.nickname).focus(t)
	desk.xdotool(t, "key", "ctrl+a")
	desk.xdotool(t, "key", "BackSpace")
	eventually(t, appearsWithin, "an empty entry", func() bool { return p.see("entry", w.nickname).text() == "" })
	return p
}

// shows waits until the entry holds text.
func (p *program) shows(w words, text string) {
	p.t.Helper()
	eventually(p.t, appearsWithin, text+" in the entry", func() bool { return p.see("entry", w.nickname).text() == text })
}

// quiet waits longer than any check is put off and fails if codes came since before.
func (p *program) quiet(before int) {
	p.t.Helper()
	time.Sleep(1500 * time.Millisecond)
	if got := p.checks()[before:]; len(got) != 0 {
		p.t.Fatalf("checked while the input method was composing: %v", got)
	}
}

// once waits for the check of a finished text and fails if there is more than one.
func (p *program) once(before int, want string) {
	p.t.Helper()
	eventually(p.t, appearsWithin, "a check", func() bool { return len(p.checks()) > before })
	time.Sleep(1500 * time.Millisecond)
	if got := p.checks()[before:]; len(got) != 1 || got[0] != want {
		p.t.Fatalf("checks of one finished text: %v, want one, %s", got, want)
	}
}

func (p *program) canStart(w words) bool {
	p.t.Helper()
	return p.see("push button", w.start).has(stateEnabled)
}

func TestHangulTypedThroughTheInputMethodIsCheckedOnceWhenItIsFinished(t *testing.T) {
	p := hangulDialog(t, korean)
	before := len(p.checks())
	// Slower than the check's 150 ms: only the composition holds it back.
	typeKeys(t, 300*time.Millisecond, hangulKeys...)
	p.shows(korean, "홍길동")
	p.quiet(before)
	if p.canStart(korean) {
		t.Error("Start is enabled for a text that is still being composed")
	}
	typeKeys(t, 0, "Right") // ends the last syllable, as a click elsewhere does
	p.hears(korean.free)
	p.once(before, "available")
	p.shows(korean, "홍길동")
	eventually(t, appearsWithin, "Start enabled", func() bool { return p.canStart(korean) })
	desk.screenshot(t, "hangul-finished")
	p.press(korean.start)
	p.see("heading", "홍길동")
}

func TestEnterDuringCompositionDoesNotSubmitAndEnterAfterItSubmitsOnce(t *testing.T) {
	p := hangulDialog(t, korean)
	before := len(p.checks())
	typeKeys(t, 0, hangulKeys...) // as fast as they come
	p.shows(korean, "홍길동")
	desk.screenshot(t, "hangul-composing")
	typeKeys(t, 0, "Return")
	p.hears(korean.free)
	p.once(before, "available")
	p.shows(korean, "홍길동")
	p.see("dialog", korean.dialog)
	typeKeys(t, 0, "Return", "Return", "Return")
	p.see("heading", "홍길동")
	p.press(korean.account)
	p.hears("이 창")
	p.absent("push button", "다른 로그인 모두 끝내기")
	signedIn := 0
	for _, l := range p.logged("step") {
		if l["to"] == "signed_in" {
			signedIn++
		}
	}
	if signedIn != 1 {
		t.Errorf("signed in %d times", signedIn)
	}
}

func TestEnterThatEndsASyllableDoesNotSubmitTheTextBeforeIt(t *testing.T) {
	p := hangulDialog(t, korean)
	typeKeys(t, 0, "g", "h", "d", "r", "l", "f", "Right")
	p.hears(korean.free)
	eventually(t, appearsWithin, "Start enabled", func() bool { return p.canStart(korean) })
	before := len(p.checks())
	typeKeys(t, 0, "e") // ㄷ after the 홍길 that was found free
	p.shows(korean, "홍길ㄷ")
	typeKeys(t, 0, "Return")
	p.hears("완성된 글자로 써 주세요")
	p.once(before, "nickname_incomplete_hangul")
	p.see("dialog", korean.dialog)
	typeKeys(t, 0, "Return")
	time.Sleep(500 * time.Millisecond)
	p.see("dialog", korean.dialog)
	p.shows(korean, "홍길ㄷ")
}

// serveXIM runs an XIM server on the suite's display for one test.
func serveXIM(t *testing.T, command ...string) {
	t.Helper()
	daemon(t, desk.env("LANG="+locales[korean.lang]), command...)
	eventually(t, appearsWithin, command[0]+" serves XIM", func() bool {
		ask := exec.Command("xprop", "-root", "XIM_SERVERS")
		ask.Env = desk.env()
		out, err := ask.Output()
		name, _, _ := strings.Cut(filepath.Base(command[0]), "-")
		return err == nil && strings.Contains(string(out), "@server="+name)
	})
}

// withoutModules is a GTK that knows its own modules alone, no input method's.
func withoutModules(t *testing.T) string {
	t.Helper()
	all, err := filepath.Glob("/usr/lib/*/gtk-3.0/3.0.0/immodules.cache")
	if err != nil || len(all) == 0 {
		t.Fatal("GTK has no list of its modules: ", err)
	}
	b, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	for _, module := range strings.Split(string(b), "\n\n") {
		if strings.Contains(module, `"gtk30"`) {
			own = append(own, module)
		}
	}
	list := filepath.Join(t.TempDir(), "immodules.cache")
	if err := os.WriteFile(list, []byte(strings.Join(own, "\n\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return "GTK_IM_MODULE_FILE=" + list
}

// Where no module of an input method is installed GTK takes XIM for Korean, whether
// anybody serves it or not.
func TestTheKoreanWindowIsPaintedWithXIMWhoeverServesIt(t *testing.T) {
	for _, row := range []struct {
		name   string
		env    []string
		server []string
	}{
		{name: "nobody serves"},
		{name: "the module is not installed", env: []string{"GTK_IM_MODULE=fcitx", "XMODIFIERS=@im=fcitx"}},
		{name: "chosen by name", env: []string{"GTK_IM_MODULE=xim"}},
		{name: "IBus serves", env: []string{"XMODIFIERS=@im=ibus"}, server: []string{"ibus-daemon", "--xim", "--panel", "disable", "--emoji-extension", "disable", "--config", "/usr/libexec/ibus-memconf", "--cache", "none"}},
		{name: "the server has died", env: []string{"XMODIFIERS=@im=ibus"}},
		{name: "Nabi serves", env: []string{"XMODIFIERS=@im=nabi"}, server: []string{"nabi"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.server != nil {
				serveXIM(t, row.server...)
			}
			s := serve(t)
			p := install(t, korean.lang, append(append(settings(s), withoutModules(t)), row.env...)...)
			p.start()
			p.signUp(s, korean, korean.github, nora, "Nora")
			p.press(korean.account)
			p.replaceText(p.see("entry", korean.nickname), "Nora2")
			p.hears(korean.free)
			p.press(dialogIn[korean.lang].back)
			p.see("heading", "Nora")
		})
	}
}

// fcitxConfig is a folder with the settings of fcitx5 in which Hangul is chosen and on.
func fcitxConfig(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"profile": "[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=hangul\n\n[Groups/0/Items/0]\nName=keyboard-us\nLayout=\n\n[Groups/0/Items/1]\nName=hangul\nLayout=\n\n[GroupOrder]\n0=Default\n",
		"config":  "[Behavior]\nActiveByDefault=True\n",
	} {
		if err := os.MkdirAll(filepath.Join(folder, "fcitx5"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "fcitx5", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// What of fcitx5 is left out: all but the one way that it is to be spoken to.
const (
	fcitxUnderX       = "notifications,clipboard,kimpanel,ibusfrontend,wayland,waylandim"
	fcitxUnderWayland = "notifications,clipboard,kimpanel,ibusfrontend,xcb,xim,dbusfrontend"
)

// fcitxIsOn waits until fcitx5 has its name on a bus.
func fcitxIsOn(t *testing.T, bus *dbus.Conn) {
	t.Helper()
	eventually(t, appearsWithin, "fcitx5 on the bus", func() bool {
		owned := false
		return bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.fcitx.Fcitx5").Store(&owned) == nil && owned
	})
}

// startFcitx runs fcitx5 for one test, with Hangul chosen and on: on the suite's display,
// or as the input method of the compositor that the test looks at.
func startFcitx(t *testing.T) {
	t.Helper()
	env, without := desk.env("XDG_CONFIG_HOME="+fcitxConfig(t), "LANG="+locales[korean.lang]), fcitxUnderX
	if desk.wayland != nil {
		env, without = append(env, "DISPLAY=", "WAYLAND_DISPLAY="+desk.wayland.socket, "XDG_SESSION_TYPE=wayland"), fcitxUnderWayland
	}
	daemon(t, env, "fcitx5", "--keep", "--disable", without)
	// Whoever asks for the name before this one has it makes the bus start another, which
	// knows nothing of Hangul and outlives the test.
	bus, err := dbus.Connect(desk.address)
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	fcitxIsOn(t, bus)
	eventually(t, appearsWithin, "fcitx5 with Hangul", func() bool {
		ask := exec.Command("fcitx5-remote", "-q") // the group's name
		ask.Env = desk.env()
		out, err := ask.Output()
		return err == nil && strings.Contains(string(out), "Default")
	})
}
