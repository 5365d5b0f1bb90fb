package profile

import (
	"context"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/sqlite"
)

// FindKey reads the signing key where the database says that it is, and makes none:
// it changes nothing and works beside a running program. The place is "keyring" or
// "file", or empty where there is no key yet. CodeKeystoreLocked, CodeKeystoreLost.
func FindKey(ctx context.Context, o Options) (place string, err error) {
	records, err := sqlite.ReadKeyRecords(ctx, o.Folder.Database())
	if err != nil || len(records) == 0 {
		return "", err
	}
	install, err := sqlite.ReadInstall(o.Folder.Install())
	if err != nil || install == nil {
		return "", app.Fail(app.CodeKeystoreLost, err) // the key's name is made of it
	}
	keys, err := openKeys(ctx, o, install.ID, known(records))
	if err != nil {
		return "", err
	}
	return keys.Place(), nil
}

// known are key records that were read from a database and are not written to it.
type known []app.KeyRecord

var _ keystore.Records = known(nil)

// KeyRecords implements keystore.Records.
func (k known) KeyRecords(context.Context) ([]app.KeyRecord, error) { return k, nil }

// InsertKeyRecord implements keystore.Records: nothing is written.
func (k known) InsertKeyRecord(context.Context, app.KeyRecord) error {
	return app.Fail(app.CodeConflict, nil)
}

// DeleteKeyRecord implements keystore.Records: nothing is written.
func (k known) DeleteKeyRecord(context.Context, string) error { return nil }

// Setting implements keystore.Records: nothing is known.
func (k known) Setting(context.Context, string) (string, error) {
	return "", app.Fail(app.CodeNotFound, nil)
}

// SetSetting implements keystore.Records: nothing is written.
func (k known) SetSetting(context.Context, string, string) error {
	return app.Fail(app.CodeConflict, nil)
}
