package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"munpae/app"
	"munpae/app/sqlite"
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
	meddle(b, opt.Path, "PRAGMA synchronous = OFF", "PRAGMA journal_mode = OFF", fmt.Sprintf(`
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d)
		INSERT INTO users SELECT printf('%%026d', i), printf('사람%%08d', i), printf('%%010d', (i * 2654435761) %% 4294967296) || 'k',
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
// beside one durable commit of one row.
func BenchmarkSignUp(b *testing.B) {
	for _, n := range crowds(b) {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) {
			db := open(b, crowd(b, n))
			last, serial := "", 0
			// warm saves the WAL, as happens in a quiet moment, and commits once into it.
			warm := func() {
				serial++
				last = fmt.Sprint(n, ".", time.Now().UnixNano(), ".", serial)
				if serial%200 == 1 {
					if err := db.Checkpoint(ctx); err != nil {
						b.Fatal(err)
					}
				}
				if err := db.SavePendingSignUp(ctx, pending(last, profile(last), start)); err != nil {
					b.Fatal(err)
				}
			}
			signUp := func() {
				n := app.Nickname{Text: "이름", Key: last, Skeleton: last, Version: 1}
				if _, err := db.SignUp(ctx, last, profile(last), n, newSession(last, start)); err != nil {
					b.Fatal(err)
				}
			}
			b.Run("sign-up", func(b *testing.B) {
				for range b.N {
					b.StopTimer()
					warm()
					b.StartTimer()
					signUp()
				}
			})
			b.Run("rotation", func(b *testing.B) {
				warm()
				signUp()
				id := last
				for i := range b.N {
					if i%20 == 0 {
						b.StopTimer()
						warm()
						b.StartTimer()
					}
					if _, err := db.UpdateSession(ctx, id, rotateForGood); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
	b.Run("floor", func(b *testing.B) {
		bare, err := sql.Open("sqlite3", "file:"+b.TempDir()+"/bare.db?_journal_mode=WAL&_synchronous=FULL")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = bare.Close() }()
		bare.SetMaxOpenConns(1)
		if _, err := bare.Exec("CREATE TABLE x (a INTEGER PRIMARY KEY, b TEXT); PRAGMA wal_autocheckpoint = 0"); err != nil {
			b.Fatal(err)
		}
		insert, err := bare.Prepare("INSERT INTO x (b) VALUES (?1)")
		if err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		for range b.N {
			if _, err := insert.ExecContext(context.Background(), "a row"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// rotateForGood is rotate with JWT IDs that do not grow.
func rotateForGood(s app.SignedIn) (app.Session, bool, error) {
	next, _, _ := rotate(s)
	next.CurrentJTI = fmt.Sprint("jti", next.Generation)
	return next, true, nil
}
