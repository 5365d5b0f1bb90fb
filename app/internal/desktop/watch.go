package desktop

import (
	"log/slog"
	"slices"
	"sync"
	"time"
)

// How long the watchdog waits.
const (
	// patience is how long a page may take until it is loaded again: many times what
	// a slow computer needs.
	patience = 7 * time.Second
	// A web process that dies this often within this time is not started again by
	// itself: the page kills it.
	maxCrashes  = 3
	crashWindow = time.Minute
)

// retries are the pauses before a page that could not be loaded is asked for again.
// After the last the person is told.
var retries = []time.Duration{200 * time.Millisecond, time.Second, 2 * time.Second}

// watchdog sees to it that the page is there, or the person knows that it is not. It
// starts with the first load, and every call may come from any goroutine.
type watchdog struct {
	// load sends the window to the page, with a new token; heal does so with what may
	// have kept it from coming taken out of the way. restart is for a webview that may
	// hang.
	load, heal, restart func()
	// say tells the person that the page is not there; unsay takes it back. Like the
	// others they must not wait for anything.
	say, unsay func()
	// after calls f later, in a goroutine of its own.
	after func(d time.Duration, f func())
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	ran     bool // the page's script runs
	there   bool // the page shows a screen
	said    bool
	since   time.Time // the page has not been there, or the person last asked
	tries   int       // loads that failed since the page was there or the person asked
	crashes []time.Time
	waits   int // counts what is waited for: what comes for an older one is late
}

// open loads the page for the first time.
func (d *watchdog) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lost()
	d.reload()
}

// runs is called by the page when its script runs; ready says whether it has a screen
// to show already.
func (d *watchdog) runs(ready bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ran = true
	if ready {
		d.arrived()
	}
}

// ready is called when there is a screen to show: the page that runs shows it.
func (d *watchdog) ready() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ran && !d.there {
		d.arrived()
	}
}

func (d *watchdog) arrived() {
	d.waits++
	d.there, d.tries = true, 0
	if d.said {
		d.said = false
		d.unsay()
	}
}

// failed is called when the page could not be loaded; with part true it is something
// that the page needs to begin with and not when it runs already.
func (d *watchdog) failed(why string, part bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if part && d.there {
		d.log.Error("a part of the page did not come", "cause", why) // the page says so itself
		return
	}
	d.log.Error("the page did not come", "cause", why, "tries", d.tries)
	d.lost()
	d.next()
}

// crashed is called when the web process has ended.
func (d *watchdog) crashed(reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	d.crashes = append(slices.DeleteFunc(d.crashes, func(t time.Time) bool { return now.Sub(t) > crashWindow }), now)
	d.log.Error("web process ended", "reason", reason, "times", len(d.crashes))
	d.lost()
	if len(d.crashes) > maxCrashes {
		d.waits++
		d.tell()
		return
	}
	d.next()
}

// lost notes that the page is not there.
func (d *watchdog) lost() {
	if d.there || d.since.IsZero() {
		d.since = d.now()
	}
	d.ran, d.there = false, false
}

// raised is called when the person starts the program once more, who may be looking at a
// blank window. Until patience is over the page may well be about to come.
func (d *watchdog) raised() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.said || !d.there && d.now().Sub(d.since) >= patience {
		d.begin()
	}
}

// again is the person's wish, by a button.
func (d *watchdog) again() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begin()
}

func (d *watchdog) begin() {
	d.tries, d.crashes = 0, nil
	if d.said {
		d.said = false
		d.unsay()
	}
	if d.there {
		return
	}
	d.since = d.now()
	d.restart()
	d.ran = false
	d.heal()
	d.wait(patience, d.late)
}

// next tries once more, or tells the person.
func (d *watchdog) next() {
	if d.tries >= len(retries) {
		d.waits++
		d.tell()
		return
	}
	d.wait(retries[d.tries], d.reload)
	d.tries++
}

func (d *watchdog) reload() {
	d.ran, d.there = false, false
	if d.tries > 0 {
		d.heal()
	} else {
		d.load()
	}
	d.wait(patience, d.late)
}

// late is called when a page has not come in time. The second time the webview's
// processes are taken to hang: others start, and the person is told meanwhile.
func (d *watchdog) late() {
	d.log.Error("the page did not come", "cause", "late", "tries", d.tries)
	if d.said {
		return
	}
	if d.tries > 0 {
		d.restart()
		d.tell()
	}
	d.tries++
	d.reload()
}

// wait calls f later, unless something else has happened by then.
func (d *watchdog) wait(later time.Duration, f func()) {
	d.waits++
	this := d.waits
	d.after(later, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.waits == this {
			f()
		}
	})
}

// amend says something else to a person who is still told that the page is not there.
func (d *watchdog) amend(say func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.said {
		say()
	}
}

func (d *watchdog) tell() {
	if !d.said {
		d.said = true
		d.say()
	}
}
