package config

import (
	"cmp"
	"regexp"
	"strings"
)

// Settings and files carry the program's name. The names that this package lists are
// those of Munpae itself.
const ownPrefix = "MUNPAE_"

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// ValidName reports whether a program may be called name: small letters, digits and
// hyphens, a letter first, 32 at most.
func ValidName(name string) bool { return nameForm.MatchString(name) }

// Prefix is how the settings of the program called name begin: "MY_NOTES_" for
// "my-notes".
func Prefix(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
}

// UsageOf is Usage of the program called name.
func UsageOf(name string) string {
	return strings.NewReplacer("/munpae/", "/munpae/", "munpae", name).Replace(Usage())
}

// named translates between the settings of a program and those that are listed here.
// Its zero value is Munpae's own.
type named struct{ prefix string }

// listed is the listed name of the program's own setting; empty for another's.
func (n named) listed(name string) string {
	rest, ok := strings.CutPrefix(name, cmp.Or(n.prefix, ownPrefix))
	if !ok {
		return ""
	}
	return ownPrefix + rest
}

// own is the program's own name of a listed setting.
func (n named) own(name string) string {
	if rest, ok := strings.CutPrefix(name, ownPrefix); ok {
		return cmp.Or(n.prefix, ownPrefix) + rest
	}
	return name
}

// env looks a listed setting up under the program's own name.
func (n named) env(lookup func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) { return lookup(n.own(name)) }
}

// Split parts a command line into what belongs to Munpae (its flags, and doctor as the
// first word) and the rest, which is the program's own. What follows "--" is the rest.
func Split(args []string) (ours, rest []string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		name, _, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(a, "-"), "-"), "=")
		switch {
		case a == "--":
			return ours, append(rest, args[i+1:]...)
		case !strings.HasPrefix(a, "-"):
			if a == string(Doctor) && len(rest) == 0 {
				ours = append(ours, a)
				continue
			}
			rest = append(rest, a)
		case name == "demo" || name == "dev" || name == "version" || name == "help" || name == "h" || name == "json":
			ours = append(ours, a)
		case name == "profile" || name == "lang" || name == "theme":
			ours = append(ours, a)
			if !hasValue && i+1 < len(args) {
				i++
				ours = append(ours, args[i])
			}
		default:
			rest = append(rest, a)
		}
	}
	return ours, rest
}
