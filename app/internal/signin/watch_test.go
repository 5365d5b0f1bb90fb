package signin_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

func TestAWatcherGetsTheSnapshotThenEveryChangeInOrderAndAlwaysTheLast(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	snapshot := w.State().Seq
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var fast, slow []uint64
	w.Watch(watching, func(s signin.State) {
		mu.Lock()
		defer mu.Unlock()
		fast = append(fast, s.Seq)
	})
	gate := make(chan struct{})
	w.Watch(watching, func(s signin.State) {
		<-gate
		mu.Lock()
		defer mu.Unlock()
		slow = append(slow, s.Seq)
	})
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for i := range 100 {
				w.SetTheme(ctx, []string{"light", "dark"}[i%2])
			}
		})
	}
	writers.Wait()
	last := w.State().Seq
	if last != snapshot+400 {
		t.Errorf("seq %d after 400 changes from %d", last, snapshot)
	}
	close(gate)
	w.await("the last", func(signin.State) bool {
		mu.Lock()
		defer mu.Unlock()
		return len(fast) > 0 && len(slow) > 0 && fast[len(fast)-1] == last && slow[len(slow)-1] == last
	})
	mu.Lock()
	defer mu.Unlock()
	for name, seqs := range map[string][]uint64{"fast": fast, "slow": slow} {
		if !slices.IsSorted(seqs) || len(slices.Compact(slices.Clone(seqs))) != len(seqs) {
			t.Errorf("the %s one was told out of order", name)
		}
	}
	if slow[0] < snapshot || len(slow) > 2 {
		t.Errorf("the slow one was told %v, want a snapshot from %d on and the last %d", slow, snapshot, last)
	}
}

func TestAWatcherThatLeftIsNotToldAnyMore(t *testing.T) {
	w := newWorld(t, config{})
	told := make(chan uint64, 1000)
	for range 20 {
		watching, stop := context.WithCancel(ctx)
		inside, out, last := make(chan struct{}), make(chan struct{}), w.State().Seq
		var once sync.Once
		w.Watch(watching, func(s signin.State) {
			if s.Seq > last {
				told <- s.Seq
			}
			once.Do(func() { close(inside) })
			<-out
		})
		<-inside
		w.SetTheme(ctx, "dark") // there is news for it
		stop()
		close(out)
	}
	w.caughtUp()
	w.quit()
	if len(told) > 0 {
		t.Errorf("%d of 20 were told after they left", len(told))
	}
}

// Every state of a whole road, as it was told, in order.
func TestTheWindowIsToldEveryPhaseOfARoad(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.join("github", person(0), "윤슬기")
	w.caughtUp()
	w.mu.Lock()
	defer w.mu.Unlock()
	order := map[signin.Step]int{signin.StepStarting: 0, signin.StepSignedOut: 1, signin.StepWaiting: 2, signin.StepNickname: 3, signin.StepSignedIn: 4}
	for i, s := range w.seen {
		if i > 0 && (s.Seq <= w.seen[i-1].Seq || order[s.Step] < order[w.seen[i-1].Step]) {
			t.Errorf("%s after %s", show(s), show(w.seen[i-1]))
		}
		if (s.Step == signin.StepWaiting) != (s.Waiting != nil) || (s.Step == signin.StepWaiting) != (s.Attempt != "") {
			t.Errorf("half a state: %s", show(s))
		}
	}
}

// CC-06. It looks at this test's goroutines alone, so it runs beside no other.
func TestCC06_AWindowClosedDuringTheExchangeLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	var w *world
	t.Run("close", func(t *testing.T) {
		w = newWorldAlone(t, config{chooser: true})
		w.arrive(app.Pair{})
		chooser := w.visit(w.begin("github"))
		w.UseDeviceCode()
		w.device()
		w.server.Fault(providertest.GitHubToken, providertest.Hang())
		clicked := make(chan struct{})
		go func() {
			defer close(clicked)
			_, _ = chooser.Click(ctx, "윤슬기")
		}()
		w.clock.awaitTimer(t, provider.ExchangeTimeout)
		w.await("checking", func(s signin.State) bool { return s.Waiting != nil && s.Waiting.Phase == attempt.PhaseChecking })
		w.quit()
		<-clicked
		for _, table := range []string{"users", "pending_signups", "sessions"} {
			w.want(table, 0)
		}
		w.start()
		w.arrive(app.Pair{})
		w.step(signin.StepSignedOut)
	})
	goleak.VerifyNone(t, before)
}

func TestCC06_AWindowClosedDuringTheCommitIsSignedInAtTheNextStart(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.join("github", person(0), "윤슬기")
	w.leave()
	stored, closing := make(chan struct{}), make(chan struct{})
	w.db.afterStored(func() {
		close(stored)
		<-closing
	})
	w.server.NextPerson(person(0))
	hop := w.begin("github")
	visited := make(chan struct{})
	go func() {
		defer close(visited)
		_, _ = w.browser.Visit(ctx, hop)
	}()
	<-stored
	quit := make(chan struct{})
	go func() {
		defer close(quit)
		w.Close()
	}()
	select {
	case <-quit:
		t.Error("the database would be closed under an act")
	case <-visited: // the browser was told at once
	}
	close(closing)
	<-quit
	<-visited
	w.quit()
	w.start()
	w.arrive(app.Pair{})
	if s := w.step(signin.StepSignedIn); !s.Unclaimed {
		t.Error(show(s))
	}
	w.claim()
}

func TestAfterCloseNothingBegins(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.Close()
	w.SignIn("github")
	w.Cancel()
	w.Close()
	if w.opener.count() != 0 {
		t.Error("a browser was opened")
	}
}
