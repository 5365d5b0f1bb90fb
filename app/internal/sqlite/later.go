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
	closed bool
}

// after runs f after d. A new call with the same name replaces the one that waits.
func (l *later) after(name string, d time.Duration, f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if l.timers == nil {
		l.timers = map[string]func() bool{}
	}
	if stop := l.timers[name]; stop != nil && stop() {
		l.wg.Done()
	}
	l.wg.Add(1)
	l.timers[name] = l.clock.AfterFunc(d, func() {
		defer l.wg.Done()
		l.mu.Lock()
		closed := l.closed
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
