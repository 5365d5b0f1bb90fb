//go:build e2e

package e2e

import (
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkStart measures, in turns, the program without a directory and with one that
// answers, that is gone, and that takes connections and never says a word: from its start
// to the whole screen, of somebody who is signed in and of nobody.
func BenchmarkStart(b *testing.B) {
	for _, who := range []string{"resume", "nobody"} {
		b.Run(who, func(b *testing.B) {
			s := serve(b)
			k := keep(b, s)
			alone, with := install(b, english.lang, settings(s)...), install(b, english.lang, "MUNPAE_DIRECTORY="+k.address)
			for _, p := range []*program{alone, with} {
				p.start()
				p.see("push button", english.github)
				if who == "resume" {
					p.signUp(s, english, english.github, nora, "Nora")
				}
				p.finish()
			}
			var silent net.Listener
			variants := []struct {
				name   string
				p      *program
				before func()
			}{
				{"without", alone, func() {}},
				{"answers", with, func() { k.start(strings.TrimPrefix(k.address, "http://")) }},
				{"gone", with, k.stop},
				{"silent", with, func() {
					var err error
					if silent, err = net.Listen("tcp", strings.TrimPrefix(k.address, "http://")); err != nil {
						b.Fatal(err)
					}
				}},
			}
			k.stop()
			took := map[string][]time.Duration{}
			for round := range 13 {
				for _, v := range variants {
					v.before()
					d := v.p.toScreen(b)
					if round > 0 { // the first is for the caches
						took[v.name] = append(took[v.name], d)
					}
				}
				silent.Close()
			}
			b.ReportMetric(0, "ns/op")
			for _, v := range variants {
				slices.Sort(took[v.name])
				b.ReportMetric(float64(took[v.name][len(took[v.name])/2].Microseconds())/1000, "ms/"+v.name)
			}
		})
	}
}

// finish ends the program in order.
func (p *program) finish() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.done
	p.cmd = nil
}

// toScreen starts the program, and returns how long it took until the screen showed what
// it then went on to show.
func (p *program) toScreen(b *testing.B) time.Duration {
	b.Helper()
	type seen struct {
		at      time.Duration
		picture picture
	}
	var all []seen
	began := time.Now()
	p.start()
	for until := 2 * time.Second; time.Since(began) < until; time.Sleep(2 * time.Millisecond) {
		now := desk.picture(b)
		at := time.Since(began)
		if len(all) == 0 || !now.same(all[len(all)-1].picture, rectangle{0, 0, int32(now.width), int32(now.height)}) {
			all = append(all, seen{at, now})
			until = max(until, at+1500*time.Millisecond)
		}
	}
	if colours(all[len(all)-1].picture) < 40 {
		b.Fatalf("nothing is drawn:\n%s", p.output)
	}
	p.finish()
	return all[len(all)-1].at
}

// colours counts the colours of a picture.
func colours(p picture) int {
	found := map[[3]byte]bool{}
	for at := 0; at+4 <= len(p.pixels); at += 4 {
		found[[3]byte(p.pixels[at:at+3])] = true
	}
	return len(found)
}
