//go:build unix

package sqlite_test

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// crowds are the sizes of the benchmarks: 10³ and 10⁶ users, and 10⁷ with
// MUNPAE_BENCH_CROWD=10000000.
func crowds(b *testing.B) []int {
	sizes := []int{1_000, 1_000_000}
	if text := os.Getenv("MUNPAE_BENCH_CROWD"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

var (
	crowdMu sync.Mutex
	crowded = map[int]sqlite.Options{}
)

// crowd is a profile on a real disk with n users, made once a run.
func crowd(b *testing.B, n int) sqlite.Options {
	b.Helper()
	crowdMu.Lock()
	defer crowdMu.Unlock()
	if opt, ok := crowded[n]; ok {
		return opt
	}
	dir, err := os.MkdirTemp("", "munpae-bench-")
	if err != nil {
		b.Fatal(err)
	}
	atExit = append(atExit, func() { _ = os.RemoveAll(dir) })
	opt := childOptions(dir)
	opt.BackupDir = ""
	if err := open(b, opt).Close(); err != nil {
		b.Fatal(err)
	}
	// Multiplying by a prime spreads the keys over the index as names are.
	meddle(b, opt.Path, "PRAGMA synchronous = OFF", "PRAGMA journal_mode = OFF", "PRAGMA cache_size = -3000000", fmt.Sprintf(`
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d)
		INSERT INTO users SELECT printf('%%010d', (i * 2246822519) %% 4294967296) || '0123456789ABCDEF', printf('사람%%08d', i), printf('%%010d', (i * 2654435761) %% 4294967296) || 'k',
			printf('%%010d', (i * 2654435761) %% 4294967296) || 's', 1, 0, NULL FROM n`, n),
		"PRAGMA journal_mode = WAL")
	crowded[n] = opt
	return opt
}

// BenchmarkNicknameFree is the check of a nickname and of twelve proposals,
// beside a bare prepared lookup of one key in the same table.
func BenchmarkNicknameFree(b *testing.B) {
	name := func(i int) app.Nickname {
		key := fmt.Sprintf("%010d", uint32(i*40503))
		return app.Nickname{Text: key, Key: key, Skeleton: key}
	}
	for _, n := range crowds(b) {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) {
			opt := crowd(b, n)
			db := open(b, opt)
			bare, err := sql.Open("sqlite3", "file:"+opt.Path)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = bare.Close() }()
			lookup, err := bare.Prepare("SELECT 1 FROM users WHERE nick_key = ?1")
			if err != nil {
				b.Fatal(err)
			}
			b.Run("check", func(b *testing.B) {
				for i := range b.N {
					if err := db.NicknameFree(ctx, name(i), "", start); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("floor", func(b *testing.B) {
				for i := range b.N {
					var one int
					if err := lookup.QueryRow(name(i).Key).Scan(&one); err != sql.ErrNoRows {
						b.Fatal(err)
					}
				}
			})
			b.Run("proposals", func(b *testing.B) {
				for i := range b.N {
					ns := make([]app.Nickname, 12)
					for j := range ns {
						ns[j] = name(i*12 + j)
					}
					if free, err := db.NicknamesFree(ctx, ns, "", start); err != nil || len(free) != len(ns) {
						b.Fatal(len(free), err)
					}
				}
			})
		})
	}
}

// BenchmarkSignUp is a sign-up and a rotation on a real disk with a warm WAL,
// beside one durable commit of one row. The three take turns, so that a disk that
// others use too is the same to all; the figures are medians.
func BenchmarkSignUp(b *testing.B) {
	for _, n := range crowds(b) {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) {
			opt := crowd(b, n)
			quiet := newClock()
			opt.Clock = quiet
			db := open(b, opt)
			floor := bareCommit(b, filepath.Join(filepath.Dir(opt.Path), fmt.Sprintf("bare%d.db", time.Now().UnixNano())))
			var commits, signUps, rotations []time.Duration
			timed := func(list *[]time.Duration, f func() error) {
				begin := time.Now()
				err := f()
				*list = append(*list, time.Since(begin))
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for i := range b.N {
				if i%200 == 0 { // a quiet moment; what follows warms the WAL again
					quiet.advance(sqlite.CheckpointDelay)
					floor("PRAGMA wal_checkpoint(RESTART)")
					floor("")
				}
				id := rand.Text() // as real ones are
				if err := db.SavePendingSignUp(ctx, pending(id, profile(id), start)); err != nil {
					b.Fatal(err)
				}
				timed(&commits, func() error { return floor("") })
				timed(&signUps, func() error {
					s := newSession(id, start)
					s.KeyID, s.CurrentJTI, s.RotatedLaunch = id, id, id
					name := id[14:]
					_, err := db.SignUp(ctx, id, profile(id), app.Nickname{Text: name, Key: name, Skeleton: name, Version: 1}, s)
					return err
				})
				timed(&rotations, func() error {
					_, err := db.UpdateSession(ctx, id, rotateForGood)
					return err
				})
			}
			b.StopTimer()
			median := func(list []time.Duration) float64 {
				slices.Sort(list)
				return float64(list[len(list)/2])
			}
			commit := median(commits)
			b.ReportMetric(commit, "ns/commit")
			b.ReportMetric(median(signUps)/commit, "sign-up/commit")
			b.ReportMetric(median(rotations)/commit, "rotation/commit")
		})
	}
}

// bareCommit returns what commits one row durably, or runs another statement.
func bareCommit(b *testing.B, path string) func(statement string) error {
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE x (a INTEGER PRIMARY KEY, b TEXT); PRAGMA wal_autocheckpoint = 0"); err != nil {
		b.Fatal(err)
	}
	insert, err := db.Prepare("INSERT INTO x (b) VALUES (?1)")
	if err != nil {
		b.Fatal(err)
	}
	return func(statement string) error {
		if statement != "" {
			_, err := db.Exec(statement)
			return err
		}
		_, err := insert.ExecContext(ctx, "a row")
		return err
	}
}

// rotateForGood is rotate with JWT IDs as long as real ones.
func rotateForGood(s app.SignedIn) (app.Session, bool, error) {
	next, _, _ := rotate(s)
	next.CurrentJTI = fmt.Sprintf("%026d", next.Generation)
	return next, true, nil
}
