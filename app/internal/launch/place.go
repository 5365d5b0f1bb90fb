package launch

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/origin"
)

// placeOf is what a person calls the place of a profile: whose account of the computer it
// is, and its folder, from home, if another one was asked for than everybody's.
func placeOf(p config.Profile) (at origin.Place) {
	if u, err := user.Current(); err == nil {
		at.User = u.Username[strings.LastIndex(u.Username, `\`)+1:] // on Windows after the computer's name
	}
	if !p.Named {
		return at
	}
	at.Folder = p.Dir
	if home, err := os.UserHomeDir(); err == nil {
		if rest, err := filepath.Rel(home, p.Dir); err == nil && filepath.IsLocal(rest) {
			at.Folder = filepath.Join("~", rest)
		}
	}
	return at
}
