package desktop

import (
	"log/slog"
	"testing"
	"time"
)

// watched is a watchdog on a clock of the test's own.
type watched struct {
	*watchdog
	t                     *testing.T
	clock                 time.Time
	due                   []timer
	loads, restarts, says int
}

type timer struct {
	at time.Time
	f  func()
}

func watch(t *testing.T) *watched {
	w := &watched{t: t, clock: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	w.watchdog = &watchdog{
		load: func() { w.loads++ }, heal: func() { w.loads++ }, restart: func() { w.restarts++ }, say: func() { w.says++ }, unsay: func() { w.says-- },
		after: func(d time.Duration, f func()) { w.due = append(w.due, timer{w.clock.Add(d), f}) },
		now:   func() time.Time { return w.clock }, log: slog.New(slog.DiscardHandler),
	}
	w.open()
	return w
}

// pass lets time go by.
func (w *watched) pass(d time.Duration) {
	end := w.clock.Add(d)
	for {
		next := -1
		for i, t := range w.due {
			if !t.at.After(end) && (next < 0 || t.at.Before(w.due[next].at)) {
				next = i
			}
		}
		if next < 0 {
			w.clock = end
			return
		}
		t := w.due[next]
		w.due = append(w.due[:next], w.due[next+1:]...)
		w.clock = t.at
		t.f()
	}
}

func (w *watched) want(loads int, said bool) {
	w.t.Helper()
	if w.loads != loads || w.says > 1 || w.says < 0 || (w.says == 1) != said {
		w.t.Fatalf("%d loads, said %d times; want %d, %v", w.loads, w.says, loads, said)
	}
}

func TestAPageThatComesIsLeftAlone(t *testing.T) {
	w := watch(t)
	w.pass(patience - 1)
	w.runs(true)
	w.pass(time.Hour)
	w.want(1, false)
}

func TestAPageThatRunsAndShowsNothingIsNotThere(t *testing.T) {
	w := watch(t)
	w.ready()
	w.runs(false)
	w.pass(patience)
	w.want(2, false)
	w.ready() // the new page does not run yet
	w.pass(patience)
	w.want(3, true)
	w.runs(false)
	w.ready()
	w.want(3, false)
}

func TestALatePageIsLoadedAgainAndThenThePersonIsTold(t *testing.T) {
	w := watch(t)
	w.pass(patience)
	w.want(2, false)
	w.pass(patience)
	w.want(3, true)
	if w.restarts != 1 {
		t.Errorf("restarted %d times", w.restarts)
	}
	w.pass(time.Hour)
	w.want(3, true)
	w.runs(true) // after all
	w.want(3, false)
}

func TestAPageThatCannotBeLoadedIsTriedAgainWithPausesAndThenThePersonIsTold(t *testing.T) {
	w := watch(t)
	for n := range retries {
		w.failed("refused", false)
		w.want(n+1, false)
		w.pass(retries[n])
		w.want(n+2, false)
	}
	w.failed("refused", false)
	w.want(len(retries)+1, true)
	w.again()
	w.want(len(retries)+2, false)
	w.runs(true)
	w.pass(time.Hour)
	w.want(len(retries)+2, false)
}

func TestManyFailuresOfOneLoadAreOneTry(t *testing.T) {
	w := watch(t)
	w.failed("script", true)
	w.pass(retries[0])
	w.want(2, false)
	w.runs(true)
	w.failed("a chunk that was wanted later", true)
	w.pass(time.Hour)
	w.want(2, false)
}

func TestAStartThatIsPressedTwiceLeavesThePageTheTimeToCome(t *testing.T) {
	w := watch(t)
	w.raised()
	w.pass(patience - 1)
	w.runs(false)
	w.raised()
	w.want(1, false)
	if w.restarts != 0 {
		t.Fatal("a page that was about to come was ended")
	}
	w.pass(1) // late: it is loaded again
	w.want(2, false)
	w.raised()
	if w.want(3, false); w.restarts != 1 {
		t.Fatalf("a blank window and a second start: restarted %d times", w.restarts)
	}
	w.raised()
	w.want(3, false)
	w.runs(true)
	w.pass(time.Hour)
	w.raised()
	w.want(3, false)
}

func TestASecondStartIsAWishToTryAgainWhereThePageIsSaidToBeMissing(t *testing.T) {
	w := watch(t)
	for range len(retries) + 1 {
		w.failed("refused", false)
		w.pass(time.Second * 2)
	}
	w.want(len(retries)+1, true)
	w.raised()
	w.want(len(retries)+2, false)
}

func TestAPageThatIsLostLaterComesBack(t *testing.T) {
	w := watch(t)
	w.runs(true)
	w.pass(time.Hour)
	w.failed("status 403", false)
	w.pass(retries[0])
	w.want(2, false)
	w.runs(true)
	w.pass(time.Hour)
	w.crashed("crashed")
	w.pass(retries[0])
	w.want(3, false)
}

func TestAWebProcessThatDiesAgainAndAgainIsSaid(t *testing.T) {
	w := watch(t)
	w.runs(true)
	for range maxCrashes {
		w.crashed("crashed")
		w.pass(time.Second)
		w.runs(true)
	}
	w.want(1+maxCrashes, false)
	w.crashed("crashed")
	w.want(1+maxCrashes, true)
	w.pass(time.Hour)
	w.want(1+maxCrashes, true)
	w.again()
	w.want(2+maxCrashes, false)
}

func TestADeathNowAndThenIsNoReasonToStop(t *testing.T) {
	w := watch(t)
	for range 20 {
		w.runs(true)
		w.pass(crashWindow/maxCrashes + time.Second)
		w.crashed("memory")
		w.pass(retries[0])
	}
	w.want(21, false)
}
