//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"munpae.example/munpae/app/internal/app"
	spoken "munpae.example/munpae/app/internal/words"
)

// inputMethods are the ways in which Hangul comes to the window.
var inputMethods = []struct {
	name    string
	wayland bool
	start   func(t *testing.T)
	env     func(t *testing.T) []string
	// korean changes between Latin and Hangul; hanja asks for the Chinese characters of a
	// syllable. Empty: it knows neither.
	korean, hanja string
	// latin is whether it starts with Latin letters.
	latin bool
	// pause is how long a person waits from key to key, again is how often somebody types once more who sees something else than they typed.
	pause time.Duration
	again int
}{
	{
		name: "XIM by Nabi", start: func(t *testing.T) { serveXIM(t, "nabi") },
		env:    func(t *testing.T) []string { return []string{withoutModules(t), "XMODIFIERS=@im=nabi"} },
		korean: "shift+space", hanja: "F9", latin: true,
		pause: 150 * time.Millisecond, again: 2, // Nabi takes the word of a switch or a key when it comes to it
	},
	{name: "ibus-hangul", start: startHangul, env: func(*testing.T) []string { return inputMethod }, korean: "shift+space", hanja: "F9"},
	{
		name: "fcitx5-hangul", start: func(t *testing.T) { startFcitx(t) },
		env:    func(*testing.T) []string { return []string{"GTK_IM_MODULE=fcitx", "XMODIFIERS=@im=fcitx"} },
		korean: "ctrl+space", hanja: "F9",
	},
	{
		// zwp_text_input_v3 in the window, zwp_input_method_v2 in the method, and no module.
		name: "Wayland text-input, fcitx5-hangul", wayland: true, start: func(t *testing.T) { startFcitx(t) },
		env:    func(t *testing.T) []string { return []string{withoutModules(t)} },
		korean: "ctrl+space", hanja: "F9",
	},
}

// typist is somebody at the entry of a nickname.
type typist struct {
	*program
	pause time.Duration
	again int
	// hangul brings Hangul on, where it is off.
	hangul string
}

// writes types keys into an empty entry until it holds text.
func (w *typist) writes(t *testing.T, text string, keys ...string) {
	t.Helper()
	for try, written := 0, ""; written != text; try++ {
		if try > w.again {
			desk.screenshot(t, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
			t.Fatalf("%v was typed, and the entry shows %q, not %q", keys, written, text)
		}
		w.empties(t)
		if try > 0 && !strings.ContainsFunc(written, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			typeKeys(t, 500*time.Millisecond, w.hangul)
		}
		typeKeys(t, w.pause, keys...)
		for range 50 {
			if written = w.see("entry", korean.nickname).text(); written == text {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	w.see("entry", korean.nickname) // as the picture shows it, too
}

// empties the entry, which has the keyboard.
func (w *typist) empties(t *testing.T) {
	t.Helper()
	w.see("entry", korean.nickname).focus(t)
	typeKeys(t, 100*time.Millisecond, "ctrl+a", "BackSpace")
	w.shows(korean, "")
}

// By pixels (see), in the dialog, on the road to home and in the account.
func TestHangulWithEveryInputMethod(t *testing.T) {
	for _, m := range inputMethods {
		t.Run(m.name, func(t *testing.T) {
			profile := install
			if m.wayland {
				profile = wayland(t, "1").install
			}
			m.start(t)
			s := serve(t)
			s.NextPerson(nora)
			p := profile(t, korean.lang, append(settings(s), m.env(t)...)...)
			p.start()
			p.press(korean.github)
			browse(t, p.address(1))
			p.hears(korean.free)
			p.hasKeyboard()
			w := &typist{program: p, pause: m.pause, again: m.again, hangul: m.korean}
			if m.latin {
				w.empties(t)
				typeKeys(t, 500*time.Millisecond, m.korean)
			}
			w.composes(t, m.name, m.hanja)
		})
	}
}

// Who has none types Latin, and pastes.
func TestHangulWithoutAnInputMethodIsPasted(t *testing.T) {
	p, _ := atDialog(t, korean, nora)
	w := &typist{program: p}
	p.hasKeyboard()
	w.writes(t, "ghdrl", "g", "h", "d", "r", "l")
	w.hears(korean.free)
	w.replaceText(w.see("entry", korean.nickname), "홍길동")
	w.hears(korean.free)
	typeKeys(t, 0, "BackSpace") // there is nobody who knows of letters
	w.shows(korean, "홍길")
	w.replaceText(w.see("entry", korean.nickname), "홍ㄱ")
	w.hears("완성된 글자로 써 주세요")
	w.choose(korean, "홍길동")
	w.see("heading", "홍길동")
}

// composes goes through what somebody does with Hangul; each case begins with an empty entry.
func (w *typist) composes(t *testing.T, method, hanja string) {
	composing := func(t *testing.T) { w.writes(t, "홍길동", hangulKeys...) }
	kept := func(t *testing.T) {
		t.Helper()
		w.see("dialog", korean.dialog)
		w.shows(korean, "홍길동")
		w.hears(korean.free)
	}
	t.Run("Backspace inside a syllable", func(t *testing.T) { w.writes(t, "홀", "g", "h", "d", "BackSpace", "f") })
	t.Run("Hanja", func(t *testing.T) {
		w.writes(t, "한", "g", "k", "s")
		typeKeys(t, 500*time.Millisecond, hanja)
		desk.screenshot(t, "hangul-hanja-"+method)
		typeKeys(t, 500*time.Millisecond, "1")
		w.shows(korean, "韓")
		w.hears(spoken.Say(app.Language(korean.lang), app.CodeNicknameBadCharacter, app.Params{"character": "韓"}).Happened)
	})
	t.Run("switched in mid-word", func(t *testing.T) {
		w.writes(t, "홍gil", "g", "h", "d", w.hangul, "g", "i", "l", w.hangul)
		w.hears(korean.free)
	})
	t.Run("half a syllable pasted", func(t *testing.T) {
		w.replaceText(w.see("entry", korean.nickname), "홍ㄱ")
		w.hears("완성된 글자로 써 주세요")
		if w.canStart(korean) {
			t.Error("Start is enabled for half a syllable")
		}
	})
	t.Run("Tab", func(t *testing.T) {
		composing(t)
		typeKeys(t, 0, "Tab")
		kept(t)
	})
	t.Run("Enter", func(t *testing.T) {
		composing(t)
		desk.screenshot(t, "hangul-composing-"+method)
		typeKeys(t, 0, "Return")
		kept(t)
	})
	t.Run("the road", func(t *testing.T) {
		w.press(korean.start)
		w.see("heading", "홍길동")
		w.press(korean.account)
		w.writes(t, "길동", hangulKeys[3:]...)
		typeKeys(t, 0, "Tab")
		w.hears(korean.free)
		typeKeys(t, 0, "Escape")
		w.see("heading", "홍길동")
	})
}
