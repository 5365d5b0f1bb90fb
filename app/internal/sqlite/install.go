package sqlite

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
)

// Install is install.json: what tells a first run from a database that vanished.
type Install struct {
	// ID is random, made at the first run and kept for good; the issuer of the
	// app's own tokens contains it, so that no other installation accepts them.
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	// Database is set once there was a database.
	Database bool `json:"database"`
	// Directory is the address of the directory that the people belong to; empty:
	// to this profile alone.
	Directory string `json:"directory,omitempty"`

	path string
}

// LoadInstall reads install.json at path, or makes it at a first run. One that
// cannot be read as such is renamed *.damaged-TIME and made anew: sessions end
// by it, since their tokens name another issuer; accounts do not. random may be
// nil. CodeProfileUnwritable, CodeDiskFull.
func LoadInstall(path string, now time.Time, random io.Reader) (*Install, error) {
	i, err := ReadInstall(path)
	if err == nil {
		if i != nil {
			if err := os.Chmod(path, 0o600); err != nil { // it is no link: ReadInstall looked
				return nil, app.Fail(fileCode(err), err)
			}
			return i, nil
		}
		if _, err := SetAside(path, now); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, app.Fail(fileCode(err), err)
	}
	if random == nil {
		random = rand.Reader
	}
	id, err := randomID(random)
	if err != nil {
		return nil, err
	}
	i = &Install{ID: id, CreatedAt: now.UTC(), path: path}
	return i, i.save()
}

// ReadInstall reads install.json at path and changes nothing: nil if it cannot be
// read as such, or is no file of ours. The error is of package os.
func ReadInstall(path string) (*Install, error) {
	text, err := files.Read(path, maxInstall)
	if files.Planted(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i := &Install{path: path}
	if json.Unmarshal(text, i) != nil || i.ID == "" {
		return nil, nil
	}
	return i, nil
}

// BelongsTo records which directory the people belong to.
func (i *Install) BelongsTo(directory string) error {
	if i.Directory == directory {
		return nil
	}
	i.Directory = directory
	return i.save()
}

// Made records that the database exists. Call it once Open has succeeded.
func (i *Install) Made() error {
	if i.Database {
		return nil
	}
	i.Database = true
	return i.save()
}

// maxInstall is far more than the file ever holds, in bytes.
const maxInstall = 64 << 10

func (i *Install) save() error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	if err := files.Write(i.path, append(text, '\n')); err != nil {
		return app.Fail(fileCode(err), err)
	}
	return nil
}

// randomID returns 26 characters of base32, 130 random bits.
func randomID(random io.Reader) (string, error) {
	var b [17]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])[:26]), nil
}

// Forget allows the next start to make a database although there was one: the
// person has decided to begin again after theirs was set aside.
func (i *Install) Forget() error {
	i.Database = false
	return i.save()
}
