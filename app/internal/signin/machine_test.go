package signin

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
)

// declared reads this package's own text: every value of a string type, and every
// type with a method.
func declared(t *testing.T, valuesOf, typesWith string) (values, types []string) {
	t.Helper()
	//lint:ignore SA1019 this package has no build tags
	files, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range files["signin"].Files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == valuesOf && len(n.Values) == 1 {
					v, err := strconv.Unquote(n.Values[0].(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, v)
				}
			case *ast.FuncDecl:
				if n.Recv != nil && n.Name.Name == typesWith {
					types = append(types, n.Recv.List[0].Type.(*ast.Ident).Name)
				}
			}
			return true
		})
	}
	return values, types
}

func someone(session, nick string) app.SignedIn {
	return app.SignedIn{User: app.User{ID: "user of " + session, Nickname: nick}, Session: app.Session{ID: session}}
}

// machines are one machine for each column of the table.
func machines() map[string]machine {
	base := machine{providers: []app.Provider{{ID: "github", Name: "GitHub"}}, language: app.Korean, theme: "system", stage: open}
	with := func(change func(*machine)) machine {
		m := base
		change(&m)
		return m
	}
	home := func(m *machine) { m.person = someone("s1", "길동") }
	dialog := func(m *machine) { m.signUp = &account.Pending{ID: "p1"} }
	waits := func(m *machine) {
		m.attempt = &waiting{id: "a1", shown: Waiting{Provider: "github", Phase: attempt.PhaseOpening}}
	}
	return map[string]machine{
		"starting":             with(func(m *machine) { m.stage = starting }),
		"setup_needed":         with(func(m *machine) { m.providers = nil }),
		"signed_out":           base,
		"waiting":              with(waits),
		"waiting from sign-up": with(func(m *machine) { waits(m); dialog(m) }),
		"waiting from home":    with(func(m *machine) { waits(m); home(m) }),
		"nickname":             with(dialog),
		"nickname from home":   with(func(m *machine) { dialog(m); home(m) }),
		"signed_in":            with(home),
		"asked":                with(func(m *machine) { home(m); m.link = &linking{id: "a0", who: m.person} }),
		"asked to merge":       with(func(m *machine) { home(m); m.link = &linking{id: "a0", who: m.person, other: app.User{ID: "u2"}} }),
		"merging": with(func(m *machine) {
			home(m)
			m.link = &linking{id: "a0", who: m.person, other: app.User{ID: "u2"}, decided: true}
		}),
		"unclaimed": with(func(m *machine) { home(m); m.unclaimed = true }),
		"blocked":   with(func(m *machine) { m.stage, m.problem = blocked, &app.Problem{Code: app.CodeDatabaseDamaged} }),
	}
}

// late marks a pair of machine and event that must change nothing.
const late = "late"

func TestEveryStepAnswersEveryEvent(t *testing.T) {
	in := someone("s1", "둘리")
	p := &app.Problem{Code: app.CodeSessionRevoked, Support: "K7-41"}
	const stay = "stay"
	// The step after each event, in the order of the columns.
	columns := []string{"starting", "setup_needed", "signed_out", "waiting", "waiting from sign-up", "waiting from home", "nickname", "nickname from home", "signed_in", "asked", "asked to merge", "merging", "unclaimed", "blocked"}
	all := slices.Repeat([]string{stay}, len(columns))
	rows := []struct {
		event event
		want  []string
	}{
		{resumed{in: in}, []string{"signed_in", late, late, late, late, late, late, late, "signed_in", "signed_in", "signed_in", "signed_in", "signed_in", late}},
		{resumed{in: someone("s0", "")}, []string{"signed_in", late, late, late, late, late, late, late, late, late, late, late, late, late}},
		{notResumed{problem: p}, []string{"signed_out", late, late, late, late, late, late, late, "signed_out", "signed_out", "signed_out", "signed_out", late, late}},
		{notResumed{signUp: &account.Pending{}}, []string{"nickname", late, late, late, late, late, late, late, "signed_out", "signed_out", "signed_out", "signed_out", late, late}},
		{foundUnclaimed{in: in}, []string{"signed_in", late, late, late, late, late, late, late, late, late, late, late, late, late}},
		{claimed{in}, []string{late, late, late, late, late, late, late, late, late, late, late, late, "signed_in", late}},
		{claimed{someone("s0", "")}, slices.Repeat([]string{late}, len(columns))},
		{switched{someone("s2", "")}, []string{late, "signed_in", "signed_in", late, late, late, late, late, "signed_in", "signed_in", "signed_in", late, late, late}},
		{attempted{waiting{id: "a2"}}, []string{late, late, "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", late, "waiting", late}},
		{progressed{attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late, late, late, late, late}},
		{attemptEnded{"a1", p}, []string{late, late, late, "signed_out", "nickname", "signed_in", late, late, late, late, late, late, late, late}},
		{signedIn{attempt: "a1", in: in}, []string{late, late, late, "signed_in", "signed_in", "signed_in", late, late, late, late, late, late, late, late}},
		{signUpOpened{"a1", &account.Pending{ID: "p2"}}, []string{late, late, late, "nickname", "nickname", "nickname", late, late, late, late, late, late, late, late}},
		{linkAsked{linking{id: "a1", who: in}}, []string{late, late, late, late, late, "signed_in", late, late, late, late, late, late, late, late}},
		{linked{"a0", in}, []string{late, late, late, late, late, late, late, late, late, "signed_in", late, late, late, late}},
		{linkDropped{"a0", p}, []string{late, late, late, late, late, late, late, late, late, "signed_in", "signed_in", late, late, late}},
		{mergeDecided{"a0"}, []string{late, late, late, late, late, late, late, late, late, late, "signed_in", late, late, late}},
		{mergeUndecided{"a0"}, []string{late, late, late, late, late, late, late, late, late, late, late, "signed_in", late, late}},
		{merged{"a0", in}, []string{late, late, late, late, late, late, late, late, late, late, late, "signed_in", late, late}},
		{merged{"a1", in}, slices.Repeat([]string{late}, len(columns))},
		{unmerged{in}, []string{late, late, late, late, late, stay, late, stay, stay, stay, stay, stay, stay, late}},
		{confirmed{"a1", in}, []string{late, late, late, late, late, "signed_in", late, late, late, late, late, late, late, late}},
		{signedUp{signUp: "p1", in: someone("s2", "")}, []string{late, late, late, late, "signed_in", late, "signed_in", "signed_in", late, late, late, late, late, late}},
		{signUpDropped{"p1", nil}, []string{late, late, late, late, stay, late, "signed_out", "signed_in", late, late, late, late, late, late}},
		{sessionEnded{"s1", p}, []string{late, late, late, late, late, "signed_out", late, stay, "signed_out", "signed_out", "signed_out", "signed_out", "signed_out", late}},
		{deleting{&receipt{UserID: "user of s1"}}, all},
		{deleting{&receipt{UserID: "user of s0"}}, []string{stay, stay, stay, stay, stay, late, stay, late, late, late, late, late, late, stay}},
		{undeleted{userID: "user of s1"}, slices.Repeat([]string{late}, len(columns))},
		{alive{userID: "user of s1"}, slices.Repeat([]string{late}, len(columns))},
		{deleted{&receipt{UserID: "user of s1"}}, []string{late, late, late, late, late, "signed_out", late, "nickname", "signed_out", "signed_out", "signed_out", "signed_out", "signed_out", late}},
		{withdrawn{"u1", 0, withdrawalDone}, slices.Repeat([]string{late}, len(columns))},
		{receiptRead{}, slices.Repeat([]string{late}, len(columns))},
		{renamed{in.User}, []string{late, late, late, late, late, stay, late, stay, stay, stay, stay, stay, stay, late}},
		{unlinked{in}, []string{late, late, late, late, late, stay, late, stay, stay, stay, stay, stay, stay, late}},
		{networkChanged{}, []string{late, late, late, late, late, stay, late, stay, stay, stay, stay, stay, stay, late}},
		{stopped{*p}, []string{"blocked", late, late, late, late, late, late, late, late, late, late, late, late, "blocked"}},
		{recovered{someone("s2", "")}, []string{late, "signed_in", "signed_in", "signed_in", late, late, late, late, late, late, late, late, late, late}},
		{codesWanted{"s1"}, []string{late, late, late, late, late, stay, late, stay, stay, stay, stay, stay, stay, late}},
		{carriedOut{"s1"}, []string{late, late, late, late, late, stay, late, stay, stay, stay, stay, stay, stay, late}},
		{codesChanged{"s1"}, []string{late, late, late, late, late, stay, late, stay, stay, stay, stay, stay, stay, late}},
		{failed{*p}, all},
		{dismissed{}, append(slices.Clone(all[1:]), late)},
		{languageChosen{app.English}, all},
		{themeChosen{"dark"}, all},
		{confirmedBy{"github"}, all},
		{offered{providers: []app.Provider{{ID: "github"}}}, append([]string{stay, string(StepSignedOut)}, all[2:]...)},
	}

	from := machines()
	steps, events := declared(t, "Step", "event")
	for _, step := range steps {
		if !slices.ContainsFunc(columns, func(c string) bool { return string(from[c].step()) == step }) {
			t.Errorf("no column stands at %s", step)
		}
	}
	for _, e := range events {
		if !slices.ContainsFunc(rows, func(r struct {
			event event
			want  []string
		}) bool {
			return reflect.TypeOf(r.event).Name() == e
		}) {
			t.Errorf("no row has the event %s", e)
		}
	}
	if len(steps) < 7 || len(events) < 20 {
		t.Fatalf("read %q and %q", steps, events)
	}
	for _, row := range rows {
		for i, column := range columns {
			before := from[column]
			after, err := next(before, row.event)
			switch want := row.want[i]; want {
			case late:
				if !errors.Is(err, errLate) {
					t.Errorf("%+v in %s: %v, want it to be too late", row.event, column, err)
				}
				if !reflect.DeepEqual(after, before) {
					t.Errorf("%+v in %s changed the machine although it came too late", row.event, column)
				}
			default:
				if want == stay {
					want = string(before.step())
				}
				if err != nil || string(after.step()) != want {
					t.Errorf("%+v in %s: step %q, %v, want %q", row.event, column, after.step(), err, want)
				}
			}
		}
	}
}

// Whatever happens in whatever order, what is shown is one story.
func TestAfterAnyTwoEventsTheStateIsWhole(t *testing.T) {
	in := someone("s1", "둘리")
	p := &app.Problem{Code: app.CodeSessionRevoked}
	events := []event{
		resumed{in: in}, notResumed{}, notResumed{signUp: &account.Pending{ID: "p3"}}, foundUnclaimed{in: in}, claimed{in}, attempted{waiting{id: "a2"}}, attempted{waiting{id: "a1"}},
		progressed{attempt: "a1"}, attemptEnded{"a1", p}, attemptEnded{"a1", nil}, signedIn{attempt: "a1", in: someone("s2", "또치")}, signUpOpened{"a1", &account.Pending{ID: "p2"}},
		confirmed{"a1", in}, signedUp{signUp: "p1", in: someone("s3", "도우너")}, signUpDropped{"p1", p}, signUpDropped{"p1", nil}, sessionEnded{"s1", p}, renamed{in.User}, unlinked{in},
		deleting{&receipt{UserID: "user of s1"}}, undeleted{"user of s1", time.Unix(1, 0)}, undeleted{userID: "user of s1"}, alive{"user of s1", time.Unix(2, 0)},
		deleted{&receipt{UserID: "user of s1", Links: []receiptLink{{Withdrawal: withdrawalAsked}}}}, withdrawn{"user of s1", 0, withdrawalFailed}, receiptRead{},
		failed{*p}, dismissed{}, linkAsked{linking{id: "a1", who: in}}, linked{"a1", in}, linkDropped{"a1", nil},
		linkAsked{linking{id: "a1", who: in, other: app.User{ID: "u2"}}}, mergeDecided{"a1"}, mergeUndecided{"a1"}, merged{"a1", in}, unmerged{in},
		mergeDecided{"a0"}, merged{"a0", in},
		recovered{someone("s4", "고길동")}, codesWanted{"s1"}, codesChanged{"s1"}, carriedOut{"s1"},
	}
	for name, m := range machines() {
		for _, first := range events {
			one, _ := next(m, first)
			for _, second := range events {
				two, _ := next(one, second)
				s := two.state(time.Time{}, false)
				switch {
				case (s.Step == StepWaiting) != (s.Waiting != nil), (s.Waiting != nil) != (s.Attempt != ""),
					s.Step == StepNickname && s.SignUp == nil, s.Step == StepSignedIn && s.Home == nil,
					s.Step == StepSignedOut && (s.Home != nil || s.SignUp != nil),
					s.Unclaimed && s.Home == nil, (s.Link != nil || s.Merge != nil) && s.Step != StepSignedIn, s.Link != nil && s.Merge != nil,
					s.Home != nil && s.Home.Nickname != two.person.User.Nickname:
					t.Errorf("%s, %T, %T: half a state: %+v", name, first, second, s)
				}
			}
		}
	}
}

func TestAnEventOfAnotherAttemptSignUpOrSessionChangesNothing(t *testing.T) {
	for name, e := range map[string]event{
		"waiting":              progressed{attempt: "a0"},
		"waiting from home":    confirmed{"a0", someone("s1", "")},
		"waiting from sign-up": signUpOpened{"a0", &account.Pending{}},
		"nickname":             signedUp{signUp: "p0", in: someone("s2", "")},
		"nickname from home":   signUpDropped{"p0", nil},
		"signed_in":            sessionEnded{"s0", nil},
		"unclaimed":            claimed{someone("s0", "")},
	} {
		before := machines()[name]
		after, err := next(before, e)
		if !errors.Is(err, errLate) || !reflect.DeepEqual(before, after) {
			t.Errorf("%+v of another was taken in %s", e, name)
		}
	}
}

func TestNextNeverChangesTheMachineItWasGiven(t *testing.T) {
	before := machines()["waiting"]
	shown := before.state(time.Time{}, false)
	if _, err := next(before, progressed{"a1", attempt.Progress{Phase: attempt.PhaseChecking}}); err != nil {
		t.Fatal(err)
	}
	if before.attempt.shown.Phase != attempt.PhaseOpening || shown.Waiting.Phase != attempt.PhaseOpening {
		t.Error("an older snapshot changed under its reader")
	}
}

func TestCancelReturnsToWhereTheAttemptWasStarted(t *testing.T) {
	for from, want := range map[string]Step{"waiting": StepSignedOut, "waiting from sign-up": StepNickname, "waiting from home": StepSignedIn} {
		after, err := next(machines()[from], attemptEnded{"a1", nil})
		if err != nil || after.step() != want || after.problem != nil || after.again != nil {
			t.Errorf("%s: %q %v %v, want %q without a word", from, after.step(), after.problem, err, want)
		}
	}
}

func TestWhatIsClaimedDuringAnAttemptIsNotClaimedAgainAfterIt(t *testing.T) {
	m := machines()["waiting from home"]
	m.unclaimed = true
	m, err := next(m, claimed{someone("s1", "둘리")})
	if err != nil {
		t.Fatal(err)
	}
	m, _ = next(m, attemptEnded{"a1", nil})
	if s := m.state(time.Time{}, false); s.Unclaimed || s.Home.Nickname != "둘리" {
		t.Errorf("%+v", s)
	}
}

// The page's switch over the steps is held to this list by its compiler.
func TestThePageIsToldEveryStep(t *testing.T) {
	steps, _ := declared(t, "Step", "event")
	var told []string
	for _, s := range Steps {
		told = append(told, string(s.Value))
	}
	if !slices.Equal(steps, told) {
		t.Errorf("declared are %q, the page is told of %q", steps, told)
	}
}

// What is set in the window takes its own mistake off the screen, and no other's.
func TestOnlyTheNoticeOfWhatWasSetGoes(t *testing.T) {
	of := func(name, support string) *app.Problem {
		return &app.Problem{Code: app.CodeSettingsInvalid, Params: app.Params{"name": name}, Support: support}
	}
	secret, theme := of("MUNPAE_GITHUB_CLIENT_SECRET", "A1-11"), of("MUNPAE_THEME", "B2-22")
	other := &app.Problem{Code: app.CodeBrowserUnavailable}
	for _, c := range []struct{ shown, wrong, want *app.Problem }{
		{secret, nil, nil},
		{secret, theme, theme},                      // the next one that is wrong
		{theme, of("MUNPAE_THEME", "C3-33"), theme}, // said already
		{other, nil, other},
		{other, theme, other},
		{nil, theme, nil}, // the person has put it away
	} {
		m := machines()["setup_needed"]
		m.problem = c.shown
		after, err := next(m, offered{[]app.Provider{{ID: "github"}}, c.wrong})
		if err != nil || after.problem != c.want {
			t.Errorf("%v is shown, and still wrong is %v: %v, %v", c.shown, c.wrong, after.problem, err)
		}
	}
}
