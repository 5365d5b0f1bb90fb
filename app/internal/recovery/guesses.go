package recovery

import (
	"strconv"
	"time"

	"munpae.example/munpae/app/internal/app"
)

const (
	// free is how many guesses cost no wait.
	free = 5
	// longestWait is the most that a guess has to wait: the way back in is never shut.
	longestWait = time.Hour
	// forgottenAfter is how long nobody has to guess for the count to begin anew.
	forgottenAfter = 24 * time.Hour
)

// Guess counts one more guess, before it is known whether it is good, and returns what is
// to be stored, with an error too. CodeRateLimited (param minutes) if it comes too soon:
// it is not counted, and must not be judged.
//
// A clock that was moved back shortens nothing: the wait then begins anew, and is never
// longer than it was.
func Guess(g app.Guesses, now time.Time) (app.Guesses, error) {
	if now.Sub(g.At) >= forgottenAfter {
		g = app.Guesses{}
	}
	most := wait(g.Failed)
	if g.Until.Sub(now) > most {
		g.Until = now.Add(most)
	}
	if left := g.Until.Sub(now); left > 0 {
		minutes := strconv.Itoa(int((left + time.Minute - 1) / time.Minute))
		return g, app.Fail(app.CodeRateLimited, nil, "provider", "Munpae", "minutes", minutes)
	}
	g.Failed++
	g.At, g.Until = now, now.Add(wait(g.Failed))
	return g, nil
}

// wait is how long the guess after so many failed ones has to wait: a minute after the
// fifth, doubled with each.
func wait(failed int) time.Duration {
	if failed < free {
		return 0
	}
	return min(time.Minute<<min(failed-free, 10), longestWait)
}
