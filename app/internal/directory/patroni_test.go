//go:build directory

package directory_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
)

// daemon is a process of the cluster, which does not run as root.
func daemon(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = []string{"HOME=" + dir, "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	log, err := os.Create(filepath.Join(dir, filepath.Base(name)+"-"+strconv.Itoa(len(args))+filepath.Base(args[len(args)-1])+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: postgresUser(t)}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go c.Wait()
	return c
}

// postgresUser is who the database runs as; nil: ourselves.
func postgresUser(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// node is one host of PostgreSQL with its Patroni.
type node struct {
	name, dir  string
	rest, port string // host:port
	config     string
	patroni    *exec.Cmd
}

func (n *node) start(t *testing.T) { n.patroni = daemon(t, n.dir, "/usr/bin/patroni", n.config) }

// processes are the node's PostgreSQL and all its children.
func (n *node) processes() []int {
	text, err := os.ReadFile(filepath.Join(n.dir, "data", "postmaster.pid"))
	if err != nil {
		return nil
	}
	line, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(line)
	if err != nil {
		return nil
	}
	all := []int{postmaster}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 1 && fields[1] == line {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			all = append(all, pid)
		}
	}
	return all
}

// kill is kill -9 of Patroni, of PostgreSQL, and of each of its processes.
func (n *node) kill() {
	all := n.processes()
	_ = n.patroni.Process.Kill()
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// role is what Patroni says that the node is, or empty.
func (n *node) role() string {
	client := http.Client{Timeout: 2 * time.Second}
	r, err := client.Get("http://" + n.rest + "/cluster")
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	var cluster struct {
		Members []struct{ Name, Role, State string }
	}
	if json.NewDecoder(r.Body).Decode(&cluster) != nil {
		return ""
	}
	for _, m := range cluster.Members {
		if m.Name == n.name && (m.State == "running" || m.State == "streaming") {
			return m.Role
		}
	}
	return ""
}

// until waits for what takes its time.
func until(t *testing.T, what string, within time.Duration, f func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !f(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("within %v: not %s", within, what)
		}
	}
}

// Patroni and etcd of Debian's packages, set up as docs/directory.md says but for addresses:
// the leader's Patroni and PostgreSQL are killed with kill -9, and nobody promotes by hand.
// Who was killed comes back as a standby. It takes a minute, and prints the counts.
func TestPatroniPromotesAndNoAcknowledgedAccountIsLost(t *testing.T) {
	if os.Getenv("MUNPAE_PATRONI") == "" {
		t.Skip("MUNPAE_PATRONI=1 runs it (Debian's packages patroni, etcd-server, postgresql)")
	}
	for _, program := range []string{"/usr/bin/patroni", "/usr/bin/etcd"} {
		if _, err := os.Stat(program); err != nil {
			t.Fatal(err)
		}
	}
	bin, err := postgrestest.Bin()
	if err != nil {
		t.Fatal(err)
	}
	handbook, err := os.ReadFile("../../docs/directory.md")
	if err != nil {
		t.Fatal(err)
	}
	_, yaml, _ := strings.Cut(string(handbook), "```yaml\n")
	yaml, _, found := strings.Cut(yaml, "```")
	if !found {
		t.Fatal("the handbook has no patroni.yml")
	}
	dir, err := os.MkdirTemp("", "munpae-patroni")
	if err != nil {
		t.Fatal(err)
	}
	var nodes [2]*node
	t.Cleanup(func() {
		for _, n := range nodes {
			if n != nil && n.patroni != nil {
				n.kill()
			}
		}
		if t.Failed() {
			t.Logf("%s is left", dir)
			return
		}
		// What was killed may still be letting go of a file.
		until(t, "the folder deleted", 20*time.Second, func() bool { return os.RemoveAll(dir) == nil })
	})
	own := func(path string) {
		t.Helper()
		if c := postgresUser(t); c != nil {
			if err := filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				return os.Chown(path, int(c.Uid), int(c.Gid))
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	free := func() string {
		t.Helper()
		return fmt.Sprintf("127.0.0.1:%d", loopbacktest.Port(t))
	}
	clients, peers := free(), free()
	own(dir)
	keeper := daemon(t, dir, "/usr/bin/etcd", "--name", "one", "--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls", "http://"+clients,
		"--advertise-client-urls", "http://"+clients, "--listen-peer-urls", "http://"+peers, "--initial-advertise-peer-urls", "http://"+peers, "--initial-cluster", "one=http://"+peers)
	t.Cleanup(func() { _ = keeper.Process.Kill() })
	for i := range nodes {
		n := &node{name: fmt.Sprintf("node%d", i+1), rest: free(), port: free()}
		n.dir = filepath.Join(dir, n.name)
		n.config = filepath.Join(n.dir, "patroni.yml")
		nodes[i] = n
		if err := os.Mkdir(n.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer(
			"name: node1 ", "name: "+n.name+" ", `"10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379"`, `"`+clients+`"`,
			"10.0.1.1:8008", n.rest, "10.0.1.1:5432", n.port, "10.0.1.0/24", "127.0.0.0/8",
			"/var/lib/postgresql/15/directory", filepath.Join(n.dir, "data"), "/usr/lib/postgresql/15/bin", bin, "/run/postgresql", n.dir,
		).Replace(yaml)
		if strings.Contains(text, "10.0.") {
			t.Fatalf("an address of the example is left:\n%s", text)
		}
		if err := os.WriteFile(n.config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		own(n.dir)
		n.start(t)
		if i == 0 { // the first one makes the cluster
			until(t, "a leader", time.Minute, func() bool { return n.role() == "leader" })
		}
	}
	leader, standby := nodes[0], nodes[1]
	until(t, "a synchronous standby", time.Minute, func() bool { return standby.role() == "sync_standby" })
	psql := exec.Command(filepath.Join(bin, "psql"), "-X", "-v", "ON_ERROR_STOP=1", "-h", leader.dir, "-p", leader.port[strings.LastIndexByte(leader.port, ':')+1:], "-U", "postgres", "postgres",
		"-c", "CREATE ROLE munpae LOGIN PASSWORD 'a-password-of-its-own'", "-c", "CREATE DATABASE directory OWNER munpae")
	psql.Env = []string{"PGPASSWORD=change-me-too"}
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	address := func(hosts ...string) string {
		return "postgres://munpae:a-password-of-its-own@" + strings.Join(hosts, ",") + "/directory"
	}
	w := newWorld(t, inPostgreSQL(t, address(leader.port, standby.port)))
	failover(t, w, 3*time.Minute, address(standby.port), func() {
		leader.kill()
		until(t, "promoted", 2*time.Minute, func() bool { return standby.role() == "leader" })
	})
	// Whoever was killed comes back, gives up what only they had, and follows.
	leader.start(t)
	until(t, "a synchronous standby again", 2*time.Minute, func() bool { return leader.role() == "sync_standby" })
	if code, data, err := w.persistent(t.Context(), 0, "/v1/users", directory.SignUpRequest{Ticket: w.confirmedTicket(9999), Nickname: "나중사람", Device: laptop}); err != nil || code != 201 {
		t.Errorf("HTTP %d %s %v", code, data, err)
	}
}
