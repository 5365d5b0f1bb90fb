package rows_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/directory/rows"
)

// Statements that read a whole table, and why they may.
var scans = map[string]string{
	"signing_keys": "three or four rows",
	"count_users":  "for the doctor alone",
	"outdated":     "once a start; stops after a thousand that other rules made",
	"any_code":     "stops at the first",
	"stale_holds":  "what was held in the last minute",
}

// With ten million people as with ten, an act finds what it reads by an index, and so
// does the upkeep that runs every minute. Tables of a test are empty, where PostgreSQL
// would read them whole: it is forbidden to, and does so only where it has no index.
func TestNoStatementReadsATableThatGrows(t *testing.T) {
	onBoth(t, func(w *world) {
		e := w.engine()
		w.Cleanup(func() { e.Read.Close(); e.Write.Close() })
		c, err := e.Read.Conn(ctx)
		w.must(err)
		defer c.Close()
		for name, text := range rows.StatementsForTest(e) {
			var bad []string
			switch e.Name {
			case "sqlite":
				args := make([]any, rows.ParametersForTest(name))
				for i := range args {
					args[i] = "1"
				}
				found, err := c.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args...)
				if err != nil {
					w.Fatal(name, err)
				}
				for found.Next() {
					var id, parent, unused int
					var detail string
					w.must(found.Scan(&id, &parent, &unused, &detail))
					if strings.HasPrefix(detail, "SCAN") && detail != "SCAN CONSTANT ROW" {
						bad = append(bad, detail)
					}
				}
				w.must(found.Err())
				found.Close()
			case "postgres":
				for _, set := range []string{"SET enable_seqscan = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off", "SET plan_cache_mode = force_generic_plan", "PREPARE looked_at AS " + text} {
					if _, err := c.ExecContext(ctx, set); err != nil {
						w.Fatal(name, err)
					}
				}
				call := "EXPLAIN (FORMAT JSON) EXECUTE looked_at"
				if n := rows.ParametersForTest(name); n > 0 {
					call += "(" + strings.Repeat("NULL, ", n-1) + "NULL)"
				}
				var plan string
				if err := c.QueryRowContext(ctx, call).Scan(&plan); err != nil {
					w.Fatal(name, err)
				}
				bad = wholeReads(w.T, plan)
				_, err := c.ExecContext(ctx, "DEALLOCATE looked_at")
				w.must(err)
			}
			if len(bad) > 0 && scans[name] == "" {
				w.Errorf("%s: %s", name, strings.Join(bad, "; "))
			} else if len(bad) == 0 && scans[name] != "" && e.Name == "sqlite" {
				w.Errorf("%s reads nothing whole: the list is out of date", name)
			}
		}
	})
}

// wholeReads names the nodes of an EXPLAIN (FORMAT JSON) that read a table or an index
// from one end to the other.
func wholeReads(tb testing.TB, plan string) []string {
	tb.Helper()
	type node struct {
		Type  string `json:"Node Type"`
		Table string `json:"Relation Name"`
		Index string `json:"Index Name"`
		Cond  string `json:"Index Cond"`
		Plans []node
	}
	var all []struct{ Plan node }
	if err := json.Unmarshal([]byte(plan), &all); err != nil || len(all) == 0 {
		tb.Fatal(err, plan)
	}
	var bad []string
	var walk func(node)
	walk = func(n node) {
		if n.Type == "Seq Scan" || strings.Contains(n.Type, "Index") && n.Cond == "" && n.Type != "Bitmap Heap Scan" {
			bad = append(bad, fmt.Sprintf("%s on %s%s", n.Type, n.Table, n.Index))
		}
		for _, child := range n.Plans {
			walk(child)
		}
	}
	walk(all[0].Plan)
	return bad
}
