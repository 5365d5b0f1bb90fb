package config

import (
	"os"
	"slices"
	"strings"

	"munpae.example/munpae/app/internal/app"
)

// misspelt names what stands in the environment for a setting and is none: a name that is
// a slip of the fingers away from one, or one of Munpae's own that begins as a provider's
// do. Any other name with the prefix may be for something else that a program reads.
func (s *settings) misspelt(names []string) {
	slices.Sort(names)
	for _, own := range slices.Compact(names) {
		name := s.named.listed(own)
		if name == "" || s.known(name) || strings.HasPrefix(name, nameDirectory+"_") || name == nameDemo {
			continue
		}
		if v, _ := s.env(name); strings.TrimSpace(v) == "" {
			continue // as good as not set
		}
		if s.named.own(ownPrefix) == ownPrefix && s.aProviders(name) || s.slip(name, OwnNames) {
			s.wrong(name, value{}, reasonUnknown)
		}
	}
}

// misspeltOfDirectory names what stands in the directory's environment for a setting of
// its own, or of a provider, and is none: nothing is refused for it.
func misspeltOfDirectory(env func(string) (string, bool), kinds []app.ProviderKind) []Problem {
	s := &settings{env: env, kinds: kinds, named: named{ownPrefix}}
	for _, name := range slices.Sorted(slices.Values(environment())) {
		if v, _ := env(name); strings.TrimSpace(v) == "" || !strings.HasPrefix(name, ownPrefix) || s.known(name) {
			continue
		}
		if strings.HasPrefix(name, nameDirectory+"_") || s.aProviders(name) || s.slip(name, DirectoryNames) {
			s.wrong(name, value{}, reasonUnknown)
		}
	}
	return s.problems
}

// aProviders reports whether a name begins as the settings of a kind of providers do.
func (s *settings) aProviders(name string) bool {
	for _, k := range s.kinds {
		rest, ok := strings.CutPrefix(name, ownPrefix+strings.ToUpper(k.ID))
		if ok && strings.HasPrefix(strings.TrimLeft(rest, "0123456789"), "_") {
			return true
		}
	}
	return false
}

// slip reports whether a name is one letter away from a provider's setting's or from one
// of settings, two from a long one's.
func (s *settings) slip(name string, settings []string) bool {
	all := slices.Clone(settings)
	for _, k := range s.kinds {
		for _, p := range k.Settings {
			all = append(all, settingName(k.ID, p.Name))
		}
	}
	return slices.ContainsFunc(all, func(of string) bool {
		most := 1
		if len(of)-len(ownPrefix) >= len("KEYSTORE") {
			most = 2
		}
		return apart(name, of) <= most
	})
}

// apart counts the letters to add, to take away, to replace, or to swap with the next one
// between a and b.
func apart(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			other := 1
			if a[i-1] == b[j-1] {
				other = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+other)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// environment returns the names of all variables, those of taken secrets as well.
func environment() []string {
	var names []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		names = append(names, name)
	}
	taken.mu.Lock()
	defer taken.mu.Unlock()
	for name := range taken.values {
		names = append(names, name)
	}
	return names
}
