// Package postgrestest starts real PostgreSQL servers for the tests, from Debian's
// package: each in a folder of its own, on a Unix socket in it and on no port, as a
// user who is not root. Its names are for tests only.
package postgrestest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Server is one PostgreSQL server.
type Server struct {
	// Dir holds the cluster, its socket and its log.
	Dir     string
	bin     string
	as      *syscall.Credential // nil: ourselves
	process *exec.Cmd
	ended   chan struct{}
}

// Bin returns the folder of the newest PostgreSQL of Debian's packages, or that of
// the initdb in PATH; an error where there is none.
func Bin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int {
		return version(b) - version(a)
	})
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("PostgreSQL is not installed (Debian's package postgresql)")
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// Start makes a cluster and starts it with these settings ("name=value").
func Start(settings ...string) (*Server, error) {
	s, err := prepare()
	if err != nil {
		return nil, err
	}
	if err := s.run("initdb", "--pgdata", s.data(), "--auth=trust", "--username=munpae", "--encoding=UTF8", "--locale=C", "--no-sync"); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.Resume(settings...); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Standby makes a hot standby of s, which streams under the name given and which
// s's synchronous_standby_names may list.
func (s *Server) Standby(name string, settings ...string) (*Server, error) {
	standby, err := prepare()
	if err != nil {
		return nil, err
	}
	conn := "host=" + s.Dir + " user=munpae application_name=" + name
	if err := standby.run("pg_basebackup", "--pgdata", standby.data(), "--dbname", conn, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"); err != nil {
		standby.Close()
		return nil, err
	}
	if err := standby.Resume(settings...); err != nil {
		standby.Close()
		return nil, err
	}
	return standby, nil
}

func prepare() (*Server, error) {
	bin, err := Bin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "munpae-pg")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, bin: bin}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			if u, err = user.Lookup("nobody"); err != nil {
				return nil, err
			}
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

func (s *Server) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, program), args...)
	c.Dir = s.Dir
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	return c
}

func (s *Server) run(program string, args ...string) error {
	var out bytes.Buffer
	c := s.command(program, args...)
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out.String())
	}
	return nil
}

// Resume starts the server again after Kill or Stop, and returns when it answers.
func (s *Server) Resume(settings ...string) error {
	args := []string{"-D", s.data(), "-k", s.Dir, "-h", ""}
	for _, set := range settings {
		args = append(args, "-c", set)
	}
	s.process = s.command("postgres", args...)
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.ended = ended
	go func() { s.process.Wait(); close(ended) }()
	for range 600 {
		if s.query("postgres", "SELECT 1") == nil {
			return nil
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("postgres ended: %s", text)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("postgres does not answer")
}

// DSN is the address of a database on s.
func (s *Server) DSN(database string) string {
	return "postgres://munpae@/" + database + "?host=" + url.QueryEscape(s.Dir)
}

// DSN is the address of a database on several servers, tried in order.
func DSN(database string, servers ...*Server) string {
	var hosts []string
	for _, s := range servers {
		hosts = append(hosts, s.Dir)
	}
	return "postgres://munpae@/" + database + "?host=" + url.QueryEscape(strings.Join(hosts, ","))
}

func (s *Server) query(database, text string) error {
	db, err := sql.Open("pgx", s.DSN(database))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, text)
	return err
}

// Exec runs one statement.
func (s *Server) Exec(database, text string) error { return s.query(database, text) }

// Copy fills a table by COPY with n rows, which row makes.
func (s *Server) Copy(ctx context.Context, database, table string, columns []string, n int, row func(i int) []any) error {
	c, err := pgx.Connect(ctx, s.DSN(database))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
	return err
}

// WithoutIndexes takes every index and constraint of the tables named away while fill
// runs, and makes them anew after it: millions of rows come in many times faster so.
func (s *Server) WithoutIndexes(ctx context.Context, database string, tables []string, fill func() error) error {
	c, err := pgx.Connect(ctx, s.DSN(database))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	collect := func(text string) (list []string, err error) {
		found, err := c.Query(ctx, text, tables)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(found, pgx.RowTo[string])
	}
	// Keys before what refers to them, and the other way round to take them away.
	const constraints = ` FROM pg_constraint WHERE (conrelid::regclass::text = ANY ($1) OR confrelid::regclass::text = ANY ($1)) AND contype IN ('p', 'u', 'f') ORDER BY contype <> 'f' DESC, conname`
	const indexes = ` FROM pg_index i WHERE indrelid::regclass::text = ANY ($1) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND contype <> 'f')`
	var drop, make []string
	for _, one := range []string{
		`SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)` + constraints,
		`SELECT 'DROP INDEX ' || indexrelid::regclass` + indexes,
	} {
		list, err := collect(one)
		if err != nil {
			return err
		}
		slices.Reverse(list)
		drop = append(drop, list...)
	}
	for _, one := range []string{
		`SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))` + constraints,
		`SELECT pg_get_indexdef(indexrelid)` + indexes,
	} {
		list, err := collect(one)
		if err != nil {
			return err
		}
		make = append(make, list...)
	}
	for _, one := range drop {
		if _, err := c.Exec(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", one, err)
		}
	}
	if err := fill(); err != nil {
		return err
	}
	for _, one := range make {
		if _, err := c.Exec(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", one, err)
		}
	}
	return nil
}

// Ask returns the one number that a query answers.
func (s *Server) Ask(ctx context.Context, database, text string) (n int64, err error) {
	c, err := pgx.Connect(ctx, s.DSN(database))
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	return n, c.QueryRow(ctx, text).Scan(&n)
}

// Kill is kill -9 of the server and of every process of it: nothing is flushed and
// nobody is told.
func (s *Server) Kill() {
	_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL)
	<-s.ended
}

// Promote makes a standby the primary and returns when it takes writes.
func (s *Server) Promote() error {
	return s.run("pg_ctl", "promote", "--pgdata", s.data(), "--wait")
}

// Close ends the server and deletes all of it.
func (s *Server) Close() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(syscall.SIGQUIT)
		select {
		case <-s.ended:
		case <-time.After(5 * time.Second):
			s.Kill()
		}
	}
	os.RemoveAll(s.Dir)
}

var shared struct {
	once   sync.Once
	server *Server
	err    error
	made   int
	mu     sync.Mutex
}

// Database makes an empty database on a server that all tests of a package share and
// that Run ends. The test is skipped, and says so, where PostgreSQL is missing.
func Database(tb testing.TB) string {
	tb.Helper()
	if _, err := Bin(); err != nil {
		tb.Skip(err)
	}
	shared.once.Do(func() { shared.server, shared.err = Start("fsync=off", "max_connections=200") })
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	shared.mu.Lock()
	shared.made++
	name := "test" + strconv.Itoa(shared.made)
	shared.mu.Unlock()
	if err := shared.server.Exec("postgres", "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	return shared.server.DSN(name)
}

// Run is what TestMain of a package that uses Database calls.
func Run(m *testing.M) int {
	defer func() {
		if shared.server != nil {
			shared.server.Close()
		}
	}()
	return m.Run()
}
