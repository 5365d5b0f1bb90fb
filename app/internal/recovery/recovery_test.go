package recovery_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/recovery"
)

const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var now = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

func codes(t testing.TB, tag string) ([]recovery.Code, []app.RecoveryCode) {
	t.Helper()
	made, rows, err := recovery.Make(rand.Reader, tag, "u1", now)
	if err != nil {
		t.Fatal(err)
	}
	return made, rows
}

// find is what a database finds of those rows.
func find(tag string, rows []app.RecoveryCode, selector string) app.RecoveryGuess {
	g := app.RecoveryGuess{Tag: tag, Any: len(rows) > 0}
	if i := slices.IndexFunc(rows, func(r app.RecoveryCode) bool { return r.Selector == selector }); i >= 0 {
		g.Code = rows[i]
	}
	return g
}

// spelled draws one of the ways in which people write the code down and type it.
func spelled(t *rapid.T, text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "-", "  ", "–", "　", "\t"}).Draw(t, "between"))
		if r == '-' {
			continue
		}
		ways := []string{string(r), strings.ToLower(string(r)), string(r + '！' - '!')}
		switch r {
		case '0':
			ways = append(ways, "O", "o")
		case '1':
			ways = append(ways, "I", "i", "L", "l")
		}
		b.WriteString(rapid.SampledFrom(ways).Draw(t, "way"))
	}
	return b.String()
}

func TestRC01_ACodeIsReadInEveryOneOfItsSpellings(t *testing.T) {
	made, _ := codes(t, "7K")
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(made).Draw(t, "code")
		typed := spelled(t, c.Text())
		if got, err := recovery.Parse(typed); err != nil || got != c {
			t.Fatalf("%q of %q: %v", typed, c.Text(), err)
		}
	})
}

// Two slips of which one is undone by the other are the check letter's limit; one, or two letters
// that changed places, it always finds.
func TestRC01_ASlipOfThePenIsFoundAndNeverTriedAtTheDatabase(t *testing.T) {
	made, _ := codes(t, "7K")
	for _, c := range made {
		plain := strings.ReplaceAll(c.Text(), "-", "")
		mistyped := func(text string) {
			t.Helper()
			if _, err := recovery.Parse(text); app.CodeOf(err) != app.CodeRecoveryMistyped {
				t.Errorf("%q of %q: %v", text, plain, err)
			}
		}
		for i := range plain {
			for _, r := range letters {
				if byte(r) != plain[i] {
					mistyped(plain[:i] + string(r) + plain[i+1:])
				}
			}
			mistyped(plain[:i] + plain[i+1:])
			mistyped(plain[:i] + "!" + plain[i:])
			mistyped(plain[:i] + "U" + plain[i+1:])
			for j := range i {
				if plain[i] != plain[j] {
					swapped := []byte(plain)
					swapped[i], swapped[j] = plain[j], plain[i]
					mistyped(string(swapped))
				}
			}
		}
		mistyped("")
		mistyped(plain + plain)
		mistyped(plain + strings.Repeat(" ", 300))
		mistyped(strings.Repeat("문", 24))
	}
}

func TestRC02_EachCodeOpensWhatWasStoredOfItAndNoOtherDoes(t *testing.T) {
	made, rows := codes(t, "7K")
	seen := map[string]bool{}
	for i, c := range made {
		if len(c.Text()) != 29 || seen[c.Text()] || rows[i].Number != i+1 || rows[i].UserID != "u1" {
			t.Errorf("%q %+v", c.Text(), rows[i])
		}
		seen[c.Text()] = true
		if err := recovery.Judge(c, find("7K", rows, c.Selector())); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		// Found by another's row, it opens nothing.
		other := rows[(i+1)%len(rows)]
		other.Selector = c.Selector()
		if err := recovery.Judge(c, app.RecoveryGuess{Code: other, Tag: "7K", Any: true}); app.CodeOf(err) != app.CodeRecoveryWrong {
			t.Errorf("%d opens another's row: %v", i, err)
		}
	}
	if len(made) != recovery.Count {
		t.Errorf("%d codes", len(made))
	}
}

// What is stored has no letter of the secret: a copied database gives no code away.
func TestRC03_WhatIsStoredGivesNoCodeAway(t *testing.T) {
	made, rows := codes(t, "7K")
	again, same := codes(t, "7K")
	for i, c := range made {
		plain := strings.ReplaceAll(c.Text(), "-", "")
		stored := fmt.Sprintf("%+v", rows[i])
		if !strings.HasPrefix(plain, rows[i].Selector) || strings.Contains(stored, plain[7:]) || strings.Contains(stored, plain[7:15]) {
			t.Errorf("%q lies in %s", plain, stored)
		}
		if !strings.HasPrefix(rows[i].Verifier, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("%s", rows[i].Verifier)
		}
		if rows[i].Verifier == same[i].Verifier || again[i] == c {
			t.Error("two drawn alike")
		}
		for _, printed := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %q", c, c, c)} {
			if strings.Contains(printed, plain[7:15]) {
				t.Errorf("a code in a log: %s", printed)
			}
		}
	}
}

func TestRC04_WhatIsSaidTellsNoOneWhoHasAnAccount(t *testing.T) {
	made, rows := codes(t, "7K")
	foreign, _ := codes(t, "B2")
	used, void := slices.Clone(rows), slices.Clone(rows)
	for i := range rows {
		used[i].UsedAt, void[i].VoidAt = now, now
	}
	wrongSecret := func(rows []app.RecoveryCode) app.RecoveryGuess { // another's verifier under this selector
		g := find("7K", rows, made[0].Selector())
		g.Code.Verifier = rows[1].Verifier
		return g
	}
	for name, try := range map[string]struct {
		c    recovery.Code
		g    app.RecoveryGuess
		want app.Code
	}{
		"good":                           {made[0], find("7K", rows, made[0].Selector()), ""},
		"used":                           {made[0], find("7K", used, made[0].Selector()), app.CodeRecoveryUsed},
		"retired":                        {made[0], find("7K", void, made[0].Selector()), app.CodeRecoveryVoid},
		"no such row":                    {made[0], find("7K", rows[1:], made[0].Selector()), app.CodeRecoveryWrong},
		"a row with another secret":      {made[0], wrongSecret(rows), app.CodeRecoveryWrong},
		"a used row with another secret": {made[0], wrongSecret(used), app.CodeRecoveryWrong},
		"a retired one":                  {made[0], wrongSecret(void), app.CodeRecoveryWrong},
		"of another profile":             {foreign[0], find("7K", rows, foreign[0].Selector()), app.CodeRecoveryForeign},
		"nobody has any":                 {made[0], find("", nil, made[0].Selector()), app.CodeRecoveryNone},
	} {
		if err := recovery.Judge(try.c, try.g); app.CodeOf(err) != try.want {
			t.Errorf("%s: %v, want %s", name, err, try.want)
		}
	}
}

// A row that somebody planted neither opens nor holds the program up.
func TestRC03_AVerifierThatIsNotOursOpensNothing(t *testing.T) {
	made, rows := codes(t, "7K")
	good := rows[0].Verifier
	for _, planted := range []string{
		"", "$argon2id$v=19$", strings.Replace(good, "m=19456", "m=4194304", 1), strings.Replace(good, "t=2", "t=4000000", 1), strings.Replace(good, "p=1", "p=200", 1),
		strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		good + "$", good[:len(good)-2], strings.Replace(good, "t=2", "t=3", 1),
	} {
		g := find("7K", rows, made[0].Selector())
		g.Code.Verifier = planted
		if err := recovery.Judge(made[0], g); app.CodeOf(err) != app.CodeRecoveryWrong {
			t.Errorf("%q: %v", planted, err)
		}
	}
}

func TestRC05_GuessesAreSlowedDownAndTheWayInIsNeverShut(t *testing.T) {
	var g app.Guesses
	at := now
	var waits []time.Duration
	for range 14 {
		before := at
		for {
			next, err := recovery.Guess(g, at)
			g = next
			if err == nil {
				break
			}
			if app.CodeOf(err) != app.CodeRateLimited {
				t.Fatal(err)
			}
			at = at.Add(time.Minute)
		}
		waits = append(waits, at.Sub(before))
	}
	want := []time.Duration{0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60}
	for i := range want {
		if waits[i] != want[i]*time.Minute {
			t.Fatalf("waits %v", waits)
		}
	}
	// A quiet day begins anew.
	if next, err := recovery.Guess(g, at.Add(24*time.Hour)); err != nil || next.Failed != 1 {
		t.Errorf("%+v %v", next, err)
	}
}

// However the clock is moved back, nobody guesses sooner, and nobody waits for longer than one wait.
func TestRC05_AClockMovedBackIsNoHelp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g app.Guesses
		at := now
		for range 8 {
			g, _ = recovery.Guess(g, at)
			at = at.Add(2 * time.Minute)
		}
		last := g.At
		at = last.Add(-time.Duration(rapid.IntRange(0, 1<<20).Draw(t, "minutes back")) * time.Minute)
		waited := time.Duration(0)
		for {
			next, err := recovery.Guess(g, at)
			g = next
			if err == nil {
				break
			}
			at, waited = at.Add(time.Minute), waited+time.Minute
			if waited > time.Hour {
				t.Fatal("shut")
			}
		}
		if waited < 4*time.Minute {
			t.Fatalf("waited %v", waited)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	made, rows := codes(b, "7K")
	g := find("7K", rows, made[0].Selector())
	for b.Loop() {
		if err := recovery.Judge(made[0], g); err != nil {
			b.Fatal(err)
		}
	}
}
