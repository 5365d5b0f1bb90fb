package munpaetest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"munpae.example/munpae/app/munpae"
	"munpae.example/munpae/app/munpaetest"
)

// notes is a program's own.
type notes struct{ auth *munpae.Auth }

func (n *notes) mine() (string, error) {
	in, err := n.auth.RequireSession()
	return in.User.Nickname, err
}

func TestABoundMethodIsTestedWithoutAWindow(t *testing.T) {
	n := &notes{munpaetest.SignedIn(t, "길동")}
	if got, err := n.mine(); got != "길동" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := n.auth.SignOut(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := n.mine(); !errors.Is(err, munpae.ErrSignedOut) {
		t.Errorf("after signing out: %v", err)
	}
}

func TestEachPersonHasAFolderOfTheirOwn(t *testing.T) {
	p := munpaetest.Open(t, munpae.Options{Name: "test"})
	dirs := map[string]bool{}
	for _, who := range []string{"nora", "seulgi", "nora"} {
		p.SignIn(who, "Name of "+who)
		dir, err := p.Auth.UserDir()
		if err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", st.Mode(), err)
		}
		dirs[filepath.Base(dir)] = true
		if err := p.Auth.SignOut(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(dirs) != 2 {
		t.Errorf("two people have %d folders", len(dirs))
	}
}

func TestOnChangeTellsTheSnapshotAndThenEveryChangeInOrder(t *testing.T) {
	p := munpaetest.Open(t, munpae.Options{Name: "test"})
	var mu sync.Mutex
	var told []string
	all := make(chan struct{})
	stop := p.Auth.OnChange(func(in munpae.Session, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		name := "nobody"
		if ok {
			name = in.User.Nickname
		}
		if told = append(told, name); len(told) == 3 {
			close(all)
		}
	})
	p.SignIn("nora", "Nora")
	if err := p.Auth.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-all
	stop()
	p.SignIn("nora", "Nora")
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"nobody", "Nora", "nobody"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestEM17_TheProgramHasItsSayAboutANicknameInItsOwnWords(t *testing.T) {
	p := munpaetest.Open(t, munpae.Options{Name: "test", Nickname: func(_ context.Context, text string) error {
		if strings.Contains(text, "rude") {
			return errors.New("Be kind, please")
		}
		return nil
	}})
	p.SignIn("nora", "Nora")
	if code, says := p.Nickname("so rude"); code != "nickname_refused" || says != "Be kind, please" {
		t.Errorf("%s: %q", code, says)
	}
	if code, _ := p.Nickname("so kind"); code != "available" {
		t.Errorf("a kind one: %s", code)
	}
	if code, _ := p.Nickname("admin"); code != "nickname_reserved" {
		t.Errorf("the rules come first: %s", code)
	}
}

func TestEM16_ReservedNamesOfTheProgramAreRefusedInEveryDisguise(t *testing.T) {
	p := munpaetest.Open(t, munpae.Options{Name: "test", Reserved: []string{"Notekeeper", "우리 노트"}})
	p.SignIn("nora", "Nora")
	for text, want := range map[string]string{
		"Notekeeper": "nickname_reserved", "n0te.keeper": "nickname_reserved", "NOTEKEEPER": "nickname_reserved", "우리노트": "nickname_reserved",
		"Notekeepers": "available", "Bob": "available",
	} {
		if got, _ := p.Nickname(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestEM18_TheProgramIsGivenTheProvidersTokenOnceAndMayRefuse(t *testing.T) {
	var got []munpae.Confirmation
	refuse := errors.New("the server says no")
	p := munpaetest.Open(t, munpae.Options{Name: "test", OnConfirmed: func(_ context.Context, c munpae.Confirmation) error {
		got = append(got, c)
		if len(got) > 1 {
			return refuse
		}
		return nil
	}})
	p.SignIn("nora", "Nora")
	if len(got) != 1 || got[0].Provider != "github" || got[0].Account != "nora" || got[0].Subject == "" || got[0].AccessToken == "" {
		t.Fatalf("it was given %+v", got)
	}
	if err := p.Auth.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := p.Refused("nora"); code != "internal" {
		t.Errorf("a refused confirmation ends with %q", code)
	}
	if _, err := p.Auth.RequireSession(); !errors.Is(err, munpae.ErrSignedOut) {
		t.Errorf("after a refused confirmation: %v", err)
	}
}

// What is one person's lies in one folder: a program moves it when two accounts become
// one, and back when they are two again.
func TestMG11_TheProgramMovesWhatIsTheirsWhenTwoAccountsBecomeOne(t *testing.T) {
	refuse := ""
	var told []munpae.Merge
	p := munpaetest.Open(t, munpae.Options{Name: "test", OnMerge: func(_ context.Context, m munpae.Merge) error {
		told = append(told, m)
		if refuse != "" {
			return errors.New(refuse)
		}
		from, to := m.FromDir, m.IntoDir
		if m.Undone {
			from, to = to, from
		}
		return os.Rename(filepath.Join(from, "work.txt"), filepath.Join(to, "work.txt"))
	}})
	dirs := map[string]string{}
	write := func(name string) {
		t.Helper()
		dir, err := p.Auth.UserDir()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		dirs[name] = dir
	}
	p.SignIn("nora", "Nora")
	write("home.txt")
	refuse = "Tidy up your notes first"
	if code, says := p.Merge("nora-at-work", "Whitfield", "Whitfield"); code != "merge_refused" || says != refuse {
		t.Errorf("%s: %q", code, says)
	}
	in, err := p.Auth.RequireSession()
	if err != nil || in.User.Nickname != "Nora" {
		t.Fatalf("after a no: %+v %v", in, err)
	}
	refuse = ""
	if err := os.MkdirAll(told[0].FromDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(told[0].FromDir, "work.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, says := p.Merge("nora-at-work", "", "Whitfield"); code != "" {
		t.Fatal(code, says)
	}
	now, err := p.Auth.RequireSession()
	if err != nil || now.User.ID != in.User.ID || now.User.Nickname != "Whitfield" {
		t.Errorf("%+v %v", now, err)
	}
	dir, err := p.Auth.UserDir()
	if err != nil || dir != dirs["home.txt"] {
		t.Errorf("another folder: %s %v", dir, err)
	}
	for _, name := range []string{"home.txt", "work.txt"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if code, says := p.Unmerge(); code != "" {
		t.Fatal(code, says)
	}
	if _, err := os.Stat(filepath.Join(told[0].FromDir, "work.txt")); err != nil {
		t.Error(err)
	}
	if now, err := p.Auth.RequireSession(); err != nil || now.User != in.User {
		t.Errorf("%+v %v", now, err)
	}
	for i, m := range told {
		if m.From.Nickname != "Whitfield" || m.Into.ID != in.User.ID || m.IntoDir != dir || m.FromDir != told[0].FromDir || m.Undone != (i == 2) {
			t.Errorf("told %+v", m)
		}
	}
	if len(told) != 3 {
		t.Errorf("told %d times", len(told))
	}
}

// Whoever is told of a switch asks who is there, and is answered with the same person:
// their folder is open before anything of the page's is asked.
func TestAC12_TheProgramIsToldOfASwitchWithoutARestart(t *testing.T) {
	p := munpaetest.Open(t, munpae.Options{Name: "test", Accounts: true})
	told := make(chan string, 16)
	stop := p.Auth.OnChange(func(in munpae.Session, ok bool) {
		who, err := p.Auth.RequireSession()
		switch {
		case !ok:
			told <- "nobody"
		case err != nil || who.User != in.User:
			told <- "another"
		default:
			told <- in.User.Nickname
		}
	})
	defer stop()
	want := func(nickname string) (dir string) {
		t.Helper()
		if got := <-told; got != nickname {
			t.Fatalf("told of %q, want %q", got, nickname)
		}
		in, err := p.Auth.RequireSession()
		if err != nil || in.User.Nickname != nickname {
			t.Fatalf("%+v %v, want %q", in, err, nickname)
		}
		if dir, err = p.Auth.UserDir(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if first := <-told; first != "nobody" {
		t.Fatal(first)
	}
	p.SignIn("nora", "Nora")
	noras := want("Nora")
	p.SignIn("sam", "Sam")
	if sams := want("Sam"); sams == noras {
		t.Error("two people have one folder")
	}
	if code, says := p.Switch("Nora"); code != "" {
		t.Fatal(code, says)
	}
	if dir := want("Nora"); dir != noras {
		t.Error("another folder after the way back")
	}
	if err := p.Auth.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != "nobody" {
		t.Fatal(got)
	}
	if code, says := p.Switch("Sam"); code != "" {
		t.Fatal(code, says)
	}
	want("Sam")
}
