//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkTyping is the time from a key to its answer on screen in the nickname
// dialog of the real window, the 150 ms of the debounce and some milliseconds of
// xdotool and AT-SPI included. Every other key makes the name one that can't be
// used, so that each answer is another than the one before.
func BenchmarkTyping(b *testing.B) {
	s := serve(b)
	s.NextPerson(nora)
	p := install(b, english.lang, settings(s)...)
	p.start()
	p.press(english.github)
	browse(b, p.address(1))
	p.see("dialog", english.dialog)
	p.replaceText(p.see("entry", english.nickname), "Nora")
	p.hears(english.free)
	w, _ := p.window()
	status, ok := w.find("status bar", "")
	if !ok {
		b.Fatalf("no status line:\n%s", w.said())
	}
	said := func(want string) bool { return strings.Contains(status.text()+status.said(), want) }
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		key, want := "exclam", "can't be used"
		if i%2 == 1 {
			key, want = "BackSpace", english.free
		}
		begin := time.Now()
		desk.xdotool(b, "key", key)
		for !said(want) {
			if time.Since(begin) > appearsWithin {
				b.Fatalf("no answer to %s; the line says %q", key, status.said())
			}
			time.Sleep(time.Millisecond)
		}
		times = append(times, time.Since(begin))
	}
	slices.Sort(times)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms/key")
}
