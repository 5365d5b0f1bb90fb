package sqlite

import (
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// later runs what need not be finished before the answer, and waits for it at
// the end.
type later struct {
	clock app.Clock

	mu     sync.Mutex
	wg     sync.WaitGroup
	timers map[string]func() bool
	waits  map[string]bool
	closed bool
}

// soon is after, but leaves one of that name that waits already alone.
func (l *later) soon(name string, d time.Duration, f func()) {
	l.mu.Lock()
	waits := l.waits[name]
	l.mu.Unlock()
	if !waits {
		l.after(name, d, f)
	}
}

// after runs f after d. A new call with the same name replaces the one that waits.
func (l *later) after(name string, d time.Duration, f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if l.timers == nil {
		l.timers, l.waits = map[string]func() bool{}, map[string]bool{}
	}
	if stop := l.timers[name]; stop != nil && stop() {
		l.wg.Done()
	}
	l.wg.Add(1)
	l.waits[name] = true
	l.timers[name] = l.clock.AfterFunc(d, func() {
		defer l.wg.Done()
		l.mu.Lock()
		closed := l.closed
		delete(l.waits, name)
		l.mu.Unlock()
		if !closed {
			f()
		}
	})
}

// close stops what waits and waits for what runs.
func (l *later) close() {
	l.mu.Lock()
	l.closed = true
	for _, stop := range l.timers {
		if stop() {
			l.wg.Done()
		}
	}
	l.timers = nil
	l.mu.Unlock()
	l.wg.Wait()
}
