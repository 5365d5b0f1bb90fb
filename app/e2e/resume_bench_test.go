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
// to the first drawn page, of somebody who is signed in and of nobody.
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
			times := map[string][]float64{} // of the start without one in the same turn
			for round := range 13 {
				for _, v := range variants {
					v.before()
					d := v.p.toScreen(b)
					if round > 0 { // the first is for the caches
						took[v.name] = append(took[v.name], d)
						times[v.name] = append(times[v.name], float64(d)/float64(took["without"][round-1]))
					}
				}
				silent.Close()
			}
			b.ReportMetric(0, "ns/op")
			for _, v := range variants {
				slices.Sort(took[v.name])
				slices.Sort(times[v.name])
				b.ReportMetric(float64(took[v.name][len(took[v.name])/2].Microseconds())/1000, "ms/"+v.name)
				if v.p == with {
					b.ReportMetric(times[v.name][len(times[v.name])/2], "×/"+v.name)
				}
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

// toScreen starts the program, and returns how long it took until a page was drawn: more
// colours than a blank one has.
func (p *program) toScreen(b *testing.B) time.Duration {
	b.Helper()
	began := time.Now()
	p.start()
	defer p.finish()
	for time.Since(began) < appearsWithin {
		if colours(desk.picture(b)) > 40 {
			took := time.Since(began)
			time.Sleep(300 * time.Millisecond) // what a start does afterwards is not the next one's
			return took
		}
		time.Sleep(2 * time.Millisecond)
	}
	b.Fatalf("nothing is drawn:\n%s", p.output)
	return 0
}

// colours counts the colours of a picture, of every third line.
func colours(p picture) int {
	found := map[[3]byte]bool{}
	var last [3]byte
	for y := 0; y < p.height; y += 3 {
		for line := p.row(rectangle{0, 0, int32(p.width), 0}, int32(y)); len(line) > 0; line = line[4:] {
			if [3]byte(line) != last {
				last = [3]byte(line)
				found[last] = true
			}
		}
	}
	return len(found)
}
