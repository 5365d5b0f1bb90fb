// Package profile opens what a profile folder holds, in the order in which one
// needs the other: install.json, the database, the signing key, the sessions. It
// also says what can be done where one of them is lost: restore a backup, or start
// again. Nothing is deleted, and nothing lost is replaced without a word.
//
// What the files are stands in packages sqlite, keystore and session; who uses them
// in package signin.
package profile

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/sqlite"
)

// Options are what Open needs; every field is required.
type Options struct {
	Folder   config.Profile // which exists: config.Profile.Create
	Keystore string         // keystore.Auto, keystore.InKeyring or keystore.InFile
	// Directory is the address of the directory that the profile belongs to, or empty.
	Directory string
	// Unsure says that the address is not known: the profile stays whose it was.
	Unsure bool
	Clock  app.Clock
	Rand   io.Reader // crypto/rand.Reader outside tests
	Log    *slog.Logger
}

// Profile is a folder that was opened, or as much of it as could be.
type Profile struct {
	o        Options
	err      error
	install  *sqlite.Install
	db       *sqlite.DB
	keys     *keystore.Store
	sessions *session.Keeper
	moved    bool
}

// Open opens the folder. What stands in the way is told by Err: what could be opened
// stays open, since Reset and RestoreBackup need it.
func Open(ctx context.Context, o Options) *Profile {
	p := &Profile{o: o}
	p.err = p.open(ctx)
	return p
}

func (p *Profile) open(ctx context.Context) (err error) {
	if p.install, err = sqlite.LoadInstall(p.o.Folder.Install(), p.o.Clock.Now(), p.o.Rand); err != nil {
		return err
	}
	if p.db, err = sqlite.Open(ctx, p.database()); err != nil {
		return err
	}
	if err = p.install.Made(); err != nil {
		return err
	}
	if !p.o.Unsure {
		if p.moved, err = p.db.Move(ctx, p.o.Directory, p.o.Clock.Now()); err != nil {
			return err
		}
		if err = p.install.BelongsTo(p.o.Directory); err != nil {
			return err
		}
	}
	if p.keys, err = openKeys(ctx, p.o, p.install.ID, p.db); err != nil {
		return err
	}
	if p.sessions, err = p.keeper(); err != nil {
		return err
	}
	p.db.RestBy(p.sessions.NameTag)
	return nil
}

func (p *Profile) database() sqlite.Options {
	return sqlite.Options{
		Path: p.o.Folder.Database(), BackupDir: p.o.Folder.Backup(), Clock: p.o.Clock, Random: p.o.Rand, Log: p.o.Log,
		Rekey: nickname.Keys, NicknameVersion: nickname.Version,
		FirstRun: p.install != nil && !p.install.Database,
	}
}

func (p *Profile) keeper() (*session.Keeper, error) {
	return session.New(session.Options{
		Store: p.db, Keys: p.keys, InstallID: p.install.ID, Launch: launchID(), Clock: p.o.Clock, Rand: p.o.Rand,
	})
}

func openKeys(ctx context.Context, o Options, installID string, records keystore.Records) (*keystore.Store, error) {
	return keystore.Open(ctx, keystore.Options{
		Choice: o.Keystore, Dir: o.Folder.Dir, Service: o.Folder.Name, InstallID: installID, Records: records,
		Keyring: keystore.SystemKeyring{}, Rand: o.Rand, Clock: o.Clock,
	})
}

// launchID is this start's own random name.
func launchID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// Err says why the profile cannot be used, or nil. The codes of packages sqlite,
// keystore and session.
func (p *Profile) Err() error { return p.err }

// Directory is the address of the directory that the profile belongs to, or empty.
func (p *Profile) Directory() string { return p.install.Directory }

// Moved reports whether the profile belonged to another directory before, or to none,
// and had people there.
func (p *Profile) Moved() bool { return p.moved }

// Database is open if Err is nil.
func (p *Profile) Database() *sqlite.DB { return p.db }

// Sessions is ready if Err is nil.
func (p *Profile) Sessions() *session.Keeper { return p.sessions }

// Notice is what the person should know of a profile that was opened, once, or nil:
// CodeKeystoreMoved.
func (p *Profile) Notice(ctx context.Context) error {
	if p.keys != nil && p.err == nil && p.keys.Moved(ctx) {
		return app.Fail(app.CodeKeystoreMoved, nil)
	}
	return nil
}

// CheckKey reads the signing key again and says where it is kept: "keyring" or
// "file", or nothing where no key was opened yet. CodeKeystoreLocked,
// CodeKeystoreLost.
func (p *Profile) CheckKey(ctx context.Context) (place string, err error) {
	if p.keys == nil {
		return "", nil
	}
	return p.keys.Place(), p.keys.Reload(ctx)
}

// RestoreBackup puts the newest good backup in the place of a lost database; the
// next Open finds it. CodeNotFound if there is no good backup, CodeConflict where
// the database is not lost.
func (p *Profile) RestoreBackup(ctx context.Context) error {
	if p.db != nil || !p.databaseLost() {
		return app.Fail(app.CodeConflict, nil)
	}
	_, err := sqlite.RestoreBackup(ctx, p.database())
	return err
}

// databaseLost reports whether the database is no use any more. One of a newer
// program, or one that is busy, is not: nothing may take its place.
func (p *Profile) databaseLost() bool {
	code := app.CodeOf(p.err)
	return code == app.CodeDatabaseDamaged || code == app.CodeDatabaseMissing
}

// Reset makes room for a new beginning, which the next Open finds. Where the
// database is lost, it is set aside; where the key is lost or locked, a new one is
// made and the sessions of the old end, while accounts stay. Elsewhere it changes
// nothing.
func (p *Profile) Reset(ctx context.Context) error {
	switch {
	case p.db == nil && p.install != nil && p.databaseLost():
		if _, err := sqlite.SetAside(p.o.Folder.Database(), p.o.Clock.Now()); err != nil {
			return err
		}
		return p.install.Forget()
	case p.db != nil && p.keys != nil:
		if err := p.keys.Replace(ctx); err != nil {
			return err
		}
		sessions, err := p.keeper()
		if err != nil {
			return err
		}
		return sessions.EndOtherKeys(ctx)
	}
	return nil
}

// Close stores what the sessions know of the clock and closes the database.
func (p *Profile) Close(ctx context.Context) error {
	var err error
	if p.sessions != nil {
		err = p.sessions.Close(ctx)
	}
	if p.db != nil {
		err = errors.Join(err, p.db.Close())
	}
	return err
}
