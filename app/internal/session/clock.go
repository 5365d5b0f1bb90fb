package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// markInterval is how often the mark may be stored: it rides on no act of its
// own, so that a rotation stays one commit. What a crash loses of it, the
// sessions' own times make up for.
const markInterval = time.Minute

// mark is the clock's high-water mark. Time as this package sees it never goes
// back: up to app.ClockBackTolerance behind the mark it stands still, and further
// behind nothing is accepted, nothing expires and nothing ends, until the clock
// is right again or a provider's word (Anchor) says that it is.
type mark struct {
	clock app.Clock
	store Store

	high atomic.Int64 // Unix milliseconds

	mu     sync.Mutex
	loaded atomic.Bool
	stored int64
	stop   func() bool // the flush that is due, or nil
	closed bool
}

// load reads the mark once; an error is answered and tried again.
func (m *mark) load(ctx context.Context) error {
	if m.loaded.Load() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loaded.Load() {
		return nil
	}
	at, _, err := m.store.ClockMark(ctx)
	if err != nil {
		return err
	}
	if !at.IsZero() {
		m.stored = at.UnixMilli()
		m.raise(m.stored)
	}
	m.loaded.Store(true)
	return nil
}

// raise lifts the mark and reports whether it moved.
func (m *mark) raise(to int64) bool {
	for {
		at := m.high.Load()
		if to <= at {
			return false
		}
		if m.high.CompareAndSwap(at, to) {
			return true
		}
	}
}

// peek returns the time in whole milliseconds without moving the mark. back
// reports that the clock is further behind the mark than is tolerated.
func (m *mark) peek() (now time.Time, back bool) {
	wall, high := m.clock.Now().UnixMilli(), m.high.Load()
	switch {
	case wall >= high:
		return time.UnixMilli(wall).UTC(), false
	case wall >= high-app.ClockBackTolerance.Milliseconds():
		return time.UnixMilli(high).UTC(), false
	}
	return time.UnixMilli(wall).UTC(), true
}

// now is peek that moves the mark and sees to it that it is stored in a while.
func (m *mark) now(ctx context.Context) (now time.Time, back bool, err error) {
	if err := m.load(ctx); err != nil {
		return time.Time{}, false, err
	}
	now, back = m.peek()
	if !back && m.raise(now.UnixMilli()) {
		m.schedule()
	}
	return now, back, nil
}

func (m *mark) schedule() {
	if !m.mu.TryLock() {
		return // whoever holds it schedules, or the next call does
	}
	defer m.mu.Unlock()
	if m.stop != nil || m.closed || m.high.Load()-m.stored < markInterval.Milliseconds() {
		return
	}
	m.stop = m.clock.AfterFunc(markInterval, func() { _ = m.flush(context.Background()) })
}

// flush stores the mark if it has moved.
func (m *mark) flush(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stop != nil {
		m.stop()
		m.stop = nil
	}
	high := m.high.Load()
	if m.closed || !m.loaded.Load() || high <= m.stored {
		return nil
	}
	if err := m.store.SetClockMark(ctx, time.UnixMilli(high).UTC(), time.Time{}); err != nil {
		return err
	}
	m.stored = high
	return nil
}

// anchor moves the mark to the clock, even backwards, because a provider
// confirmed it; CodeClockWrong if the two differ by more than is tolerated.
func (m *mark) anchor(ctx context.Context, serverTime time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	wall := m.clock.Now().UTC().Truncate(time.Millisecond)
	if d := wall.Sub(serverTime); d.Abs() > app.ClockBackTolerance {
		return app.Fail(app.CodeClockWrong, nil)
	}
	if err := m.store.SetClockMark(ctx, wall, wall); err != nil {
		return err
	}
	m.stored = wall.UnixMilli()
	m.high.Store(m.stored)
	m.loaded.Store(true)
	return nil
}
