//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stranger is another person with an account on this computer.
type stranger struct{ uid, gid uint32 }

// strangerMade is set where this run made the user, and has to remove it again.
var strangerMade bool

func removeStranger() {
	if strangerMade {
		_ = exec.Command("userdel", strangerName).Run() // nothing of theirs is left but the name
	}
}

const strangerName = "munpae-stranger"

var makeStranger = sync.OnceValues(func() (stranger, error) {
	if os.Getuid() != 0 {
		return stranger{}, errors.New("only root can make a second user")
	}
	if _, err := user.Lookup(strangerName); err != nil {
		if out, err := exec.Command("useradd", "--no-create-home", "--shell", "/bin/sh", strangerName).CombinedOutput(); err != nil {
			return stranger{}, fmt.Errorf("useradd: %w: %s", err, out)
		}
		strangerMade = true
	}
	u, err := user.Lookup(strangerName)
	if err != nil {
		return stranger{}, err
	}
	var s stranger
	_, err = fmt.Sscan(u.Uid+" "+u.Gid, &s.uid, &s.gid)
	return s, err
})

// another returns a second user. The test is skipped, with the reason, where there can be none.
func another(t *testing.T) stranger {
	t.Helper()
	s, err := makeStranger()
	if err != nil {
		t.Skip("another user cannot be played here: ", err)
	}
	return s
}

// command is a command of the stranger's.
func (s stranger) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = "/"
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/", "LANG=C.UTF-8"}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.uid, Gid: s.gid}, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return c
}

// curl asks as the stranger and returns what came, with the status; ok is false for a
// connection that was cut.
func (s stranger) curl(t *testing.T, args ...string) (answer string, ok bool) {
	t.Helper()
	out, err := s.command("curl", append([]string{"-s", "--noproxy", "*", "--max-time", "20", "-w", " %{http_code}"}, args...)...).Output()
	if e, cut := errors.AsType[*exec.ExitError](err); cut && slices.Contains([]int{7, 52, 56}, e.ExitCode()) { // no connection, nothing, or a reset
		return string(out), false
	}
	if err != nil {
		t.Fatalf("curl %q: %v", args, err)
	}
	return string(out), true
}

// The opener's arguments are there for every user to read while it runs.
func TestAT01_AnotherUserWithTheFirstHopFromTheArgumentsFinishesNothing(t *testing.T) {
	attacker := another(t)
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	for i, button := range []string{english.github, english.naver} {
		s.NextPerson(nora)
		p.press(button)
		p.see("push button", english.cancel)
		hop := p.address(i + 1)
		u, err := url.Parse(hop)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{hop, "http://[::ffff:127.0.0.1]:" + u.Port() + u.RequestURI()} {
			if out, ok := attacker.curl(t, "-L", "-b", "", "-H", "Host: "+u.Host, address); ok {
				t.Errorf("%s: another user is answered %.200q", address, out)
			}
		}
		p.see("push button", english.cancel) // it waits on, and for its own user
		p.see("heading", english.waiting)
		if i == 0 {
			p.press(english.cancel)
			p.see("push button", english.naver)
			continue
		}
		browse(t, hop)
	}
	p.see("dialog", english.dialog)
	p.choose(english, "Nora")
	p.see("heading", "Nora")
}

// flood holds connections to every port that the program listens on, from its first
// moment to stop.
func (s stranger) flood(t *testing.T, p *program) (stop func()) {
	t.Helper()
	const script = `while :; do
	for at in $(ss -Hltnp 2>/dev/null | awk '{print $4}' | sed -n 's/^\(127\.[0-9.]*\):\([0-9]*\)$/\1\/\2/p' | sort -u); do
		for i in 1 2 3 4 5 6 7 8 9 10 11 12; do (exec 3<>/dev/tcp/$at && printf 'GET / HTTP/1.1\r\nHost: x\r\nX-' >&3 && sleep 3) 2>/dev/null & done
	done
	sleep 0.05
done`
	c := s.command("bash", "-c", script)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		c.Wait()
	})
}

func TestAT02_AnotherUsersFloodFromTheStartOnKeepsNobodyOut(t *testing.T) {
	attacker := another(t)
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	stop := attacker.flood(t, p)
	t.Cleanup(stop)
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	stop()
	p.see("heading", "Nora")
}

// Whoever has a port first has it; the sign-in takes the next one and says when there is none.
func TestAT03_AnotherUserOnNaversPortsGetsNoResponse(t *testing.T) {
	attacker := another(t)
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	var got strings.Builder
	held := attacker.command("perl", "-MIO::Socket::INET", "-e", `
$| = 1;
for my $port (@ARGV) {
	my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 50, ReuseAddr => 1) or die "$port: $!";
	next if fork;
	while (my $c = $l->accept) {
		sysread $c, my $d, 65536;
		print((split /\n/, $d)[0], "\n");
		print $c "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
		close $c;
	}
	exit;
}
print "ready\n";
sleep;
`, fmt.Sprint(naverPorts[0]), fmt.Sprint(naverPorts[1]), fmt.Sprint(naverPorts[2]), fmt.Sprint(naverPorts[3]))
	said, err := held.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(read)
		b := make([]byte, 4096)
		for first := true; ; {
			n, err := said.Read(b)
			if n > 0 && first {
				first = false
				close(ready)
			}
			got.Write(b[:n])
			if err != nil {
				return
			}
		}
	}()
	end := sync.OnceFunc(func() {
		syscall.Kill(-held.Process.Pid, syscall.SIGKILL)
		<-read
		held.Wait()
	})
	t.Cleanup(end)
	<-ready
	p.start()
	p.signUp(s, english, english.naver, seulgi, "Seulgi")
	end()
	if out := got.String(); strings.Contains(out, "code=") || strings.Contains(out, "state=") {
		t.Errorf("the other user's port was sent %q", out)
	}
}

// What another user can read of a profile that is in use.
func TestAT04_AnotherUserReadsNothingOfTheProfile(t *testing.T) {
	attacker := another(t)
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	for dir := filepath.Dir(p.profile); dir != "/"; dir = filepath.Dir(dir) { // the test's folders are closed, which a home may not be
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&0o011 != 0o011 {
			if err := os.Chmod(dir, mode|0o011); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(dir, mode) })
		}
	}
	for _, name := range []string{"", "munpae.db", "munpae.db-wal", "cookies.sqlite", "key", "install.json", "munpae.log", "munpae.sock", "backup", "webview"} {
		path := filepath.Join(p.profile, name)
		if out, err := attacker.command("sh", "-c", `ls "$1" || cat "$1" || curl -s --unix-socket "$1" http://x/`, "sh", path).Output(); err == nil || len(out) > 0 {
			t.Errorf("%s: %q", path, out)
		}
	}
	environment := fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid)
	if out, err := attacker.command("cat", environment).Output(); err == nil || len(out) > 0 {
		t.Error("another user reads the environment")
	}
	arguments, err := attacker.command("cat", fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid)).Output()
	if err != nil || strings.Contains(string(arguments), "n=") || strings.Contains(string(arguments), "t=") {
		t.Errorf("the arguments: %q, %v", arguments, err)
	}
}

// worker answers for whoever has its port, as long as the browser keeps it.
const worker = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", e => e.waitUntil(fetch("/active")));
self.addEventListener("fetch", e => e.respondWith(new Response("owned", {headers: {"Content-Type": "text/html"}})));`

// A program that had Naver's port before leaves a service worker in the browser. It
// sees no first hop, gets one look at a callback that is of no use without the
// verifier, and is gone then; the sign-in waits, and the next try reaches it.
func TestAT05_AServiceWorkerLeftAtNaversPortIsEnded(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	data := t.TempDir()
	address := fmt.Sprintf("127.0.0.1:%d", naverPorts[0])
	ln, err := net.Listen("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	active := make(chan struct{}, 8)
	former := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/sw.js":
			w.Header().Set("Content-Type", "text/javascript")
			io.WriteString(w, worker)
		case "/active":
			active <- struct{}{}
		default:
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `<script>navigator.serviceWorker.register("/sw.js")</script>`)
		}
	})}
	go former.Serve(ln)
	c := chromiumCommand(t, "--user-data-dir="+data, "http://"+address+"/")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-active:
	case <-time.After(appearsWithin):
		t.Fatal("no worker was registered: nothing is proven")
	}
	c.Process.Signal(syscall.SIGTERM) // in order, so that it is written down
	c.Wait()
	if page := runChromium(t, "--user-data-dir="+data, "--dump-dom", "http://"+address+"/"); !strings.Contains(page, "owned") {
		t.Fatalf("the worker does not answer: nothing is proven\n%s", page)
	}
	former.Close()
	p.start()
	s.NextPerson(seulgi)
	p.press(english.naver)
	hop := p.address(1)
	tries := 0
	for came := false; !came; {
		if tries++; tries > 3 {
			t.Fatal("the worker answers on")
		}
		s.NextPerson(seulgi)
		stop := startChromium(t, "--user-data-dir="+data, hop) // a browser that stays, as people's do: it looks for a newer worker a moment later
		for end := time.Now().Add(20 * time.Second); !came && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			came = p.sql("munpae.db", "SELECT count(*) FROM pending_signups") == "1"
		}
		stop()
	}
	t.Logf("reached with try %d", tries)
	p.see("dialog", english.dialog)
	p.choose(english, "Seulgi")
	p.see("heading", "Seulgi")
}

// A connection that the browser keeps to the program before is no way past the kernel.
func TestAT06_AConnectionKeptToTheFormerOwnerOfNaversPortMovesTheSignInToAnother(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", naverPorts[0]))
	if err != nil {
		t.Fatal(err)
	}
	pooled, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer pooled.Close()
	near, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	ln.Close() // the connection stays
	p.start()
	p.signUp(s, english, english.naver, seulgi, "Seulgi")
	near.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if b, _ := io.ReadAll(near); len(b) > 0 {
		t.Errorf("the former owner was sent %q", b)
	}
}

// A page that the browser keeps for years, from a program that had Naver's port before,
// is not what the person sees at the end.
func TestAT07_APageKeptFromTheFormerOwnerOfNaversPortIsNotShown(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	data := "--user-data-dir=" + t.TempDir()
	address := fmt.Sprintf("127.0.0.1:%d", naverPorts[0])
	ln, err := net.Listen("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	former := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
		io.WriteString(w, "planted")
	})}
	go former.Serve(ln)
	if page := runChromium(t, data, "--dump-dom", "http://"+address+"/oauth/done/"); !strings.Contains(page, "planted") {
		t.Fatalf("nothing was planted: %s", page)
	}
	former.Close()
	p.start()
	s.NextPerson(seulgi)
	p.press(english.naver)
	hop := p.address(1)
	page := runChromium(t, data, "--dump-dom", hop)
	if strings.Contains(page, "planted") || !strings.Contains(page, "nickname") {
		t.Errorf("the person sees %s", page)
	}
	p.see("dialog", english.dialog)
}
