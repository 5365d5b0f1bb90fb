package munpae

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// directives are the kinds that Options.Policy may add to.
var directives = map[string]string{
	"connect": "connect-src", "img": "img-src", "style": "style-src", "font": "font-src", "media": "media-src", "script": "script-src",
}

// policy returns the additions by directive. dev adds what a front end's dev server
// needs: inline scripts, and its socket.
func (o Options) policy(dev bool) (map[string][]string, error) {
	more := map[string][]string{}
	if dev {
		more["script-src"] = []string{"'unsafe-inline'", "'unsafe-eval'"}
		more["connect-src"] = []string{"ws://127.0.0.1:*", "ws://localhost:*", "http://127.0.0.1:*", "http://localhost:*"}
	}
	for _, kind := range slices.Sorted(maps.Keys(o.Policy)) {
		directive, ok := directives[kind]
		if !ok {
			return nil, fmt.Errorf("Options.Policy has %q: only %s can be added to", kind, strings.Join(slices.Sorted(maps.Keys(directives)), ", "))
		}
		for _, source := range o.Policy[kind] {
			if err := checkSource(kind, source); err != nil {
				return nil, err
			}
			more[directive] = append(more[directive], source)
		}
	}
	return more, nil
}

// checkSource refuses what would be more than one source, or every script there is.
func checkSource(kind, source string) error {
	if source == "" || strings.ContainsFunc(source, func(r rune) bool { return r <= ' ' || r > '~' || r == ';' || r == ',' }) {
		return fmt.Errorf("Options.Policy[%q] has %q, which is not one source", kind, source)
	}
	if kind == "script" && (source == "*" || source == "'unsafe-inline'" || strings.HasSuffix(source, ":")) {
		return fmt.Errorf("Options.Policy[%q] has %q: then any text that gets into the page is a script; name an origin, or an inline script's 'sha256-…'", kind, source)
	}
	return nil
}
