package rows

import (
	"maps"
	"strings"
)

// StatementsForTest are every statement of an act, by name, in an engine's dialect.
func StatementsForTest(e Engine) map[string]string {
	all := maps.Clone(statements)
	for name, text := range all {
		all[name] = e.Dialect(text)
	}
	return all
}

// ParametersForTest is how many parameters a statement of StatementsForTest takes.
func ParametersForTest(name string) int {
	n := 0
	for strings.Contains(statements[name], "$"+string(rune('1'+n))) && n < 9 {
		n++
	}
	for n >= 9 && strings.Contains(statements[name], "$1"+string(rune('0'+n-9))) {
		n++
	}
	return n
}
