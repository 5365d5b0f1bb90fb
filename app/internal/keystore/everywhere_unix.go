//go:build linux || freebsd || netbsd || openbsd || dragonfly

package keystore

import (
	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
	ss "github.com/zalando/go-keyring/secret_service"
)

// The Secret Service API (freedesktop.org), of which the library searches the default
// collection only.
const (
	secretsName   = "org.freedesktop.secrets"
	secretsPath   = dbus.ObjectPath("/org/freedesktop/secrets")
	secretsSearch = "org.freedesktop.Secret.Service.SearchItems"
)

// everywhere looks an entry up in every collection. One that is locked is unlocked,
// which may ask the person; keyring.ErrNotFound if there is none in any.
func everywhere(service, user string) (string, error) {
	secrets, err := ss.NewSecretService()
	if err != nil {
		return "", err
	}
	var open, locked []dbus.ObjectPath
	attributes := map[string]string{"service": service, "username": user} // as the library files them
	err = secrets.Object(secretsName, secretsPath).Call(secretsSearch, 0, attributes).Store(&open, &locked)
	if err != nil {
		return "", err
	}
	found := append(open, locked...)
	if len(found) == 0 {
		return "", keyring.ErrNotFound
	}
	session, err := secrets.OpenSession()
	if err != nil {
		return "", err
	}
	defer secrets.Close(session)
	if err := secrets.Unlock(found[0]); err != nil {
		return "", err
	}
	secret, err := secrets.GetSecret(found[0], session.Path())
	if err != nil {
		return "", err
	}
	return string(secret.Value), nil
}
