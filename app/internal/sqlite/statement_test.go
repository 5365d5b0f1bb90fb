package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Functions that run statements without crash points, and why.
var withoutPoints = map[string]string{
	"DB.query":            "reads",
	"DB.queryRow":         "reads",
	"DB.signedIn":         "reads",
	"assert":              "reads",
	"ReadKeyRecords":      "reads",
	"inspect":             "reads",
	"schemaOf":            "in memory",
	"DB.purged":           "changes a copy of a backup, which replaces it whole",
	"partIn":              "likewise",
	"DB.nobodyHere":       "reads that copy",
	"closeWhole":          "empties the WAL of a file that is moved next, by an act with points of its own",
	"schema":              "reads",
	"DB.rekey":            "reads the setting; the rest goes through tx",
	"connection.exec":     "checked where it is used",
	"connection.row":      "checked where it is used",
	"connection.rows":     "checked where it is used",
	"connection.pragma":   "reads",
	"connection.rollback": "changes nothing",
	"CheckJar":            "reads",
	"settle":              "changes the webview's jar, which may be lost",
	"jarRows":             "reads",
	"DB.writable":         "takes the lock and gives it back",
	"DB.checkpoint":       "changes no content",
	"endRestored":         "changes an unfinished copy",
	"sqliteDriver":        "pragmas of a connection",
}

// ofWriter reports whether f is a method of a writer (w, t.w, h.writer) that runs
// a statement.
func ofWriter(f *ast.SelectorExpr) bool {
	of := ""
	switch x := f.X.(type) {
	case *ast.Ident:
		of = x.Name
	case *ast.SelectorExpr:
		of = x.Sel.Name
	}
	return (of == "w" || of == "writer") && slices.Contains([]string{"exec", "row", "rows"}, f.Sel.Name)
}

var runsStatement = []string{
	"Exec", "ExecContext", "Query", "QueryContext", "QueryRow", "QueryRowContext", "Begin", "BeginTx", "Commit",
}

// unguarded names every statement in the sources that has no crash point before
// or after it in its function.
func unguarded(t testing.TB, sources map[string]any) []string {
	t.Helper()
	var bad []string
	files := token.NewFileSet()
	for name, source := range sources {
		file, err := parser.ParseFile(files, name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			function := "sqliteDriver"
			if f, ok := d.(*ast.FuncDecl); ok {
				function = f.Name.Name
				if f.Recv != nil {
					if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
						function = star.X.(*ast.Ident).Name + "." + function
					}
				}
			}
			if withoutPoints[function] != "" {
				continue
			}
			// Every point or statement, in the order of the text.
			var steps []string
			var where []token.Position
			ast.Inspect(d, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				switch f := call.Fun.(type) {
				case *ast.Ident:
					if f.Name == "point" {
						side := call.Args[2].(*ast.BasicLit).Value
						steps, where = append(steps, strings.Trim(side, `"`)), append(where, files.Position(call.Pos()))
					}
				case *ast.SelectorExpr:
					if slices.Contains(runsStatement, f.Sel.Name) || ofWriter(f) {
						steps, where = append(steps, "statement"), append(where, files.Position(call.Pos()))
					}
				}
				return true
			})
			for i, step := range steps {
				if step != "statement" {
					continue
				}
				if i == 0 || steps[i-1] != "before" || i+1 == len(steps) || steps[i+1] != "after" {
					bad = append(bad, fmt.Sprintf("%s in %s", where[i], function))
				}
			}
		}
	}
	return bad
}

func sources(t testing.TB) map[string]any {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			m[name] = nil
		}
	}
	return m
}

func TestCP01_EveryStatementHasACrashPointOnBothSides(t *testing.T) {
	if bad := unguarded(t, sources(t)); len(bad) != 0 {
		t.Errorf("without a point on both sides:\n%s", strings.Join(bad, "\n"))
	}
	// The check itself finds one.
	for _, body := range []string{
		`t.Exec("x")`,
		`point(a, b, "before"); t.Exec("x"); t.Exec("y"); point(a, b, "after")`,
		`point(a, b, "before"); t.Commit()`,
		`t.Commit(); point(a, b, "after")`,
		`t.w.exec("x")`,
	} {
		if bad := unguarded(t, map[string]any{"x.go": "package x\nfunc f() {" + body + "}"}); len(bad) == 0 {
			t.Errorf("%s was not found", body)
		}
	}
}

func TestEveryQueryIsUsed(t *testing.T) {
	used := map[string]bool{}
	files := token.NewFileSet()
	for name := range sources(t) {
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				used[strings.Trim(lit.Value, `"`)] = true
			}
			return true
		})
	}
	for name := range queryTexts(t) {
		if !used[name] {
			t.Errorf("query/%s.sql is not used", name)
		}
	}
}

func queryTexts(t testing.TB) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("query/*.sql")
	if err != nil || len(paths) < 40 {
		t.Fatal(len(paths), err)
	}
	m := map[string]string{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m[strings.TrimSuffix(filepath.Base(path), ".sql")] = string(b)
	}
	return m
}

// Statements that read a whole table, and why they may.
var scans = map[string]string{
	"any_user":                                "stops at the first",
	"any_recovery_code":                       "stops at the first",
	"void_restored_codes":                     "all, after a restore",
	"void_merged_codes":                       "all, after a restore",
	"insert_voided_events":                    "all, after a restore",
	"recovery_codes_to_elsewhere":             "all, when the profile moves",
	"users_to_elsewhere":                      "all, when the profile moves",
	"identities_to_elsewhere":                 "all, when the profile moves",
	"ended_grants_to_outbox":                  "the sessions of one profile",
	"delete_ended_grants":                     "the sessions of one profile",
	"grants_to_outbox":                        "all, when the profile moves",
	"delete_user_elsewhere":                   "in a backup",
	"delete_identities_of_user_elsewhere":     "in a backup",
	"delete_recovery_codes_of_user_elsewhere": "in a backup",
	"nickname_elsewhere":                      "those of a few directories, once a sign-up",
	"outbox":                                  "what has still to be told",
	"grants":                                  "the sessions of one profile",
	"end_all_sessions":                        "all are asked for",
	"insert_restored_events":                  "all, after a restore",
	"end_restored_sessions":                   "all, after a restore",
	"key_records":                             "at most two",
	"pending_signup":                          "a few",
	"stale_pending_signups":                   "a few",
	"delete_stale_pending_signups":            "a few",
	"delete_pending_signups_of_user":          "a few",
	"delete_pending_signup":                   "a few",
	"unclaimed_session":                       "one row a sign-in, once a start",
	"sessions_here":                           "one row a sign-in, when the nameplates are shown",
	"clear_outdated_keys":                     "all, after a change of the rules",
	"merge_owner":                             "what was found by the index",
	"absorbed":                                "what was found by the index",
	"names_inside":                            "what was found by the index",
	"all_merges":                              "a few, in a backup",
	"lapsed_merges":                           "a few",
	"hold_merged_names":                       "a few, when the profile moves",
	"provider_before":                         "the accounts of one profile, once a sign-up",
	"delete_rested_names":                     "a few, when an account is deleted",
	"outdated_users":                          "all, after a change of the rules",
	"outdated_former_names":                   "all, after a change of the rules",
}

// A check answers from indexes, with ten million users as with ten.
func TestNoStatementScansATable(t *testing.T) {
	opt := closedProfile(t)
	db, err := sql.Open("sqlite3", "file:"+opt.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for name, text := range queryTexts(t) {
		statement, err := db.Prepare("EXPLAIN QUERY PLAN " + text)
		if err != nil {
			t.Fatal(name, err)
		}
		args := make([]any, 19)
		n := 0
		for i := range args {
			if strings.Contains(text, fmt.Sprintf("?%d", i+1)) {
				n, args[i] = i+1, "1"
			}
		}
		rows, err := statement.Query(args[:n]...)
		if err != nil {
			t.Fatal(name, err)
		}
		scanned, searched := false, 0
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SEARCH") {
				searched++
			}
			if strings.HasPrefix(detail, "SCAN") && detail != "SCAN n VIRTUAL TABLE INDEX 1:" && detail != "SCAN CONSTANT ROW" {
				scanned = true
				if scans[name] == "" {
					t.Errorf("%s: %s", name, detail)
				}
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Error(err)
		}
		if !scanned && scans[name] != "" {
			t.Errorf("%s scans nothing: the list is out of date", name)
		}
		if strings.HasPrefix(name, "nickname") && !scanned && searched != 6 {
			t.Errorf("%s: %d index searches, want 6", name, searched)
		}
	}
}

// A parameter that is compared carries a plus sign. Without it SQLite may let its
// plan depend on the value, and the driver, which clears all bindings before each
// use, then has the statement planned anew every time: ten times the cost.
func TestNoStatementIsPlannedAtEveryUse(t *testing.T) {
	bare := regexp.MustCompile(`(?s)WHERE.*(=|<|>) \?`)
	for name, text := range queryTexts(t) {
		if found := bare.FindString(text); found != "" {
			t.Errorf("query/%s.sql: a bare parameter in %q", name, found)
		}
	}
}
