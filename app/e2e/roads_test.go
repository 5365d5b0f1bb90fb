//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// The invented people that the roads are walked by; see practice.People.
var (
	seulgi = person("seulgi")
	nora   = person("nora")
)

func person(id string) practice.Person {
	for _, p := range practice.People() {
		if p.ID == id {
			return p
		}
	}
	panic("no such person: " + id)
}

// words are the accessible names (docs/contract.md#accessible-names) in one language.
type words struct {
	lang, github, naver, cancel, copyLink, openAgain, deviceCode     string
	dialog, nickname, start, other, free, account, signOut, tryAgain string
	waiting, heading                                                 string
}

var korean = words{
	lang: "ko", github: "GitHub로 로그인", naver: "네이버로 로그인", cancel: "취소", copyLink: "주소 복사", openAgain: "다시 열기", deviceCode: "코드로 로그인",
	dialog: "닉네임 정하기", nickname: "닉네임", start: "시작하기", other: "다른 계정으로", free: "쓸 수 있는 닉네임입니다", account: "계정", signOut: "로그아웃",
	tryAgain: "다시 시도", waiting: "브라우저에서 로그인을 마쳐 주세요", heading: "문패에 이름을 걸어 보세요",
}

var english = words{
	lang: "en", github: "Sign in with GitHub", naver: "Log in with NAVER", cancel: "Cancel", copyLink: "Copy link", openAgain: "Open again", deviceCode: "Use a code instead",
	dialog: "Choose a nickname", nickname: "Nickname", start: "Start", other: "Use another account", free: "This nickname is free", account: "Account", signOut: "Sign out",
	tryAgain: "Try again", waiting: "Finish signing in in your browser", heading: "Put your name on the door",
}

// naverPorts are five free ports in a row, outside the range from which the system
// gives connections theirs: one of those holds its port for a minute after its end.
var naverPorts = freePortsInARow(5)

func freePortsInARow(n int) []int {
	low, high := 32768, 60999 // Linux' own
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(b), &low, &high)
	}
	first, end := 10000+os.Getpid()%1000*n, low
	if end < 20000 {
		first, end = high+1, 1<<16
	}
	for ; first+n <= end; first += n {
		var ports []int
		for p := first; p < first+n; p++ {
			l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", p))
			if err != nil {
				break
			}
			l.Close()
			ports = append(ports, p)
		}
		if len(ports) == n {
			return ports
		}
	}
	panic("no free ports in a row")
}

// serve plays both providers for one test.
func serve(t testing.TB) *providertest.Server {
	t.Helper()
	s, err := providertest.Start(providertest.Options{NaverPorts: naverPorts, DeviceInterval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// settings point the program at the played providers.
func settings(s *providertest.Server) []string {
	return []string{
		"MUNPAE_GITHUB_CLIENT_ID=" + practice.GitHubClientID, "MUNPAE_GITHUB_CLIENT_SECRET=" + practice.GitHubClientSecret,
		"MUNPAE_GITHUB_URL=" + s.GitHubURL(), "MUNPAE_GITHUB_API_URL=" + s.GitHubAPIURL(),
		"MUNPAE_NAVER_CLIENT_ID=" + practice.NaverClientID, "MUNPAE_NAVER_CLIENT_SECRET=" + practice.NaverClientSecret,
		"MUNPAE_NAVER_URL=" + s.NaverURL(), "MUNPAE_NAVER_API_URL=" + s.NaverAPIURL(), "MUNPAE_NAVER_PORTS=" + fmt.Sprintf("%d-%d", naverPorts[0], naverPorts[4]),
		"MUNPAE_NAVER_EMAIL=yes",
	}
}

// chromium opens address as the person's browser would and returns the page that
// it ends on.
func chromium(t testing.TB, address string) string {
	t.Helper()
	return runChromium(t, "--dump-dom", address)
}

func runChromium(t testing.TB, args ...string) string {
	t.Helper()
	out, err := chromiumCommand(t, args...).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return string(out)
}

func chromiumCommand(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	args = append([]string{"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + filepath.Join(t.TempDir(), "chromium"),
		"--password-store=basic"}, args...)
	c := exec.Command("chromium", args...)
	// Without the bus: Chromium would wait for a keyring there.
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8"}
	return c
}

// browse opens address with a plain HTTP client that keeps cookies, and returns
// the page that it ends on.
func browse(t testing.TB, address string) string {
	t.Helper()
	page, err := providertest.NewBrowser(nil).Visit(t.Context(), address)
	if err != nil {
		t.Fatalf("browser: %v", err)
	}
	return page.Text()
}

// visited has a browser go to the nth address, and tells when it has come to the end of it.
func (p *program) visited(n int) <-chan error {
	p.t.Helper()
	browsed, address := make(chan error, 1), p.address(n)
	go func() {
		_, err := providertest.NewBrowser(nil).Visit(context.Background(), address)
		browsed <- err
	}()
	return browsed
}

// signUp walks from the sign-in screen to home as a new person.
func (p *program) signUp(s *providertest.Server, w words, button string, who practice.Person, nickname string) {
	p.t.Helper()
	s.NextPerson(who)
	p.press(button)
	p.see("push button", w.cancel)
	browse(p.t, p.address(1))
	p.see("dialog", w.dialog)
	p.choose(w, nickname)
	p.see("heading", nickname)
}

// choose types a nickname and starts with it once it is found free.
func (p *program) choose(w words, nickname string) {
	p.t.Helper()
	p.replaceText(p.see("entry", w.nickname), nickname)
	p.hears(w.free)
	eventually(p.t, appearsWithin, w.start+" is enabled", func() bool { return p.see("push button", w.start).has(stateEnabled) })
	p.press(w.start)
}

func TestFirstSignInWithGitHubThroughChromiumGivesANameAndAHome(t *testing.T) {
	s := serve(t)
	s.NextPerson(nora)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.see("heading", english.heading)
	p.press(english.github)
	p.see("heading", english.waiting)
	for _, name := range []string{english.copyLink, english.openAgain, english.deviceCode, english.cancel} {
		p.see("push button", name)
	}
	page := chromium(t, p.address(1))
	if !strings.Contains(page, "nickname") {
		t.Errorf("the browser does not send the person on to the nickname:\n%s", page)
	}
	dialog := p.see("dialog", english.dialog)
	if !dialog.has(stateModal) {
		t.Error("the nickname dialog is not modal")
	}
	p.choose(english, "Nora")
	p.see("heading", "Nora")
	p.see("push button", english.account)
	p.see("push button", english.signOut)
}

func TestFirstSignInWithNaverThroughChromiumGivesANameAndAHome(t *testing.T) {
	s := serve(t)
	s.NextPerson(seulgi)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	p.press(korean.naver)
	page := chromium(t, p.address(1))
	if !strings.Contains(page, "닉네임") {
		t.Errorf("the browser does not send the person on to the nickname:\n%s", page)
	}
	p.see("dialog", korean.dialog)
	// The proposal comes from the nickname at Naver and is free: Start works at once.
	if got := p.see("entry", korean.nickname).text(); got != seulgi.Nickname {
		t.Errorf("the entry proposes %q, want %q", got, seulgi.Nickname)
	}
	p.hears(korean.free)
	p.press(korean.start)
	p.see("heading", seulgi.Nickname)
}

func TestAKnownPersonGoesStraightHome(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	p.signUp(s, korean, korean.github, nora, "길동")
	p.press(korean.signOut)
	p.see("push button", korean.github)
	s.NextPerson(nora)
	p.press(korean.github)
	browse(t, p.address(2))
	p.see("heading", "길동")
}

func TestAKillInTheNicknameDialogLosesNothing(t *testing.T) {
	s := serve(t)
	s.NextPerson(seulgi)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	p.press(korean.naver)
	browse(t, p.address(1))
	p.see("dialog", korean.dialog)
	p.kill()
	s.Stop() // the provider is not asked again
	p.start()
	p.see("dialog", korean.dialog)
	p.choose(korean, "윤슬")
	p.see("heading", "윤슬")
}

func TestCK06_AKillAtHomeAndAStartWithTheProviderGoneOpensSignedIn(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	p.signUp(s, korean, korean.github, nora, "길동")
	p.kill()
	s.Stop()
	for range 2 { // also with the pair that the restart itself rotated
		p.start()
		p.see("heading", "길동")
		p.see("push button", korean.signOut)
		p.kill()
	}
}

func TestClosingTheWindowAndStartingAgainOpensSignedIn(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.signUp(s, english, english.naver, seulgi, "윤슬")
	p.quit()
	p.start()
	p.see("heading", "윤슬")
}

func TestCK09_AfterSigningOutARestartStaysSignedOut(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	p.signUp(s, korean, korean.github, nora, "길동")
	p.press(korean.signOut)
	p.see("push button", korean.github)
	p.kill()
	p.start()
	p.see("push button", korean.github)
	p.absent("push button", korean.signOut)
}

func TestCB05_DeniedAtTheProviderIsSaidAndCanBeTriedAgain(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	s.Fault(providertest.GitHubAuthorize, providertest.Refuse("access_denied", "The user has denied your application access."))
	p.press(korean.github)
	browse(t, p.address(1))
	p.hears("GitHub 로그인을 취소했습니다")
	s.Fault(providertest.GitHubAuthorize, nil)
	s.NextPerson(nora)
	p.press(korean.github)
	browse(t, p.address(2))
	p.see("dialog", korean.dialog)
}

func TestCancelReturnsAtOnceAndTheLateBrowserChangesNothing(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.press(english.github)
	address := p.address(1)
	p.press(english.cancel)
	p.see("push button", english.github)
	if _, err := providertest.NewBrowser(nil).Visit(t.Context(), address); err == nil {
		t.Error("the listener still answers after a cancel")
	}
	p.see("push button", english.github)
}

func TestST01_AWrongStateLeavesTheSignInPendingAndTheRightOneFinishesIt(t *testing.T) {
	s := serve(t)
	s.NextPerson(nora)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.press(english.github)
	address := p.address(1)
	callback := address[:strings.Index(address, "/oauth/")] + "/oauth/github/callback/?code=stolen&state=wrong"
	page, err := providertest.NewBrowser(nil).Visit(t.Context(), callback)
	if err != nil {
		t.Fatal(err)
	}
	if page.Status < 400 || page.Status > 499 {
		t.Errorf("a wrong state is answered %d", page.Status)
	}
	p.see("heading", english.waiting)
	browse(t, address)
	p.see("dialog", english.dialog)
}

func TestCC01_ASecondStartRaisesTheFirstAndExits0(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.see("push button", english.github)
	another := otherWindow(t, dragSource(t), "about:blank")
	another.hasKeyboard() // it is in front
	if code := p.second(); code != 0 {
		t.Errorf("the second start exits %d", code)
	}
	p.hasKeyboard()
	p.see("push button", english.github)
	if starts := strings.Count(p.log(), `"msg":"start"`); starts != 1 {
		t.Errorf("%d starts opened the profile", starts)
	}
}

func TestWithoutAProviderTheSetupScreenStartsTheDemo(t *testing.T) {
	p := install(t, english.lang)
	p.start()
	p.see("push button", "Open settings folder")
	p.press("Start the demo")
	p.see("push button", english.naver)
	p.hears("These are practice accounts")
	if _, err := os.Stat(filepath.Join(p.profile, "demo", "munpae.db")); err != nil {
		t.Error("the demo has no folder of its own")
	}
}

// docs/security.md#accounts: a loopback port is chosen anew at every start and is no part of who
// a person is. Three people with one subject at three providers stay three.
func TestWhoHasAnAccountIsKnownAgainWhenTheProviderComesBackOnAnotherPort(t *testing.T) {
	w := korean
	roads := []struct{ button, name string }{{w.github, "새벽"}, {w.naver, "노을"}, {"Corp로 로그인", "바람"}}
	var p *program
	opened := 0
	for turn := range 2 {
		s := serve(t)
		s.NextPerson(nora)
		if turn == 0 {
			p = install(t, w.lang, append(settings(s), openID(s)...)...)
		} else {
			p.kill()
			p.env = append(p.env, append(settings(s), openID(s)...)...)
		}
		p.start()
		for _, r := range roads {
			p.press(r.button)
			opened++
			browse(t, p.address(opened))
			if turn == 0 {
				p.see("dialog", w.dialog)
				p.choose(w, r.name)
			}
			p.see("heading", r.name)
			p.press(w.signOut)
			p.see("heading", w.heading)
		}
	}
}
