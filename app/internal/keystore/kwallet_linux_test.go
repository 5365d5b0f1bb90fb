package keystore_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/keystore"
)

// A wallet of KDE's without a password, as its own dialog makes it (KWallet 5.103), which
// therefore opens without asking.
const walletFile, walletSalt = "S1dBTExFVAoNAA0KAAEDAgAAAABxCIFJG+rQm4aMicHOXYSRmG7JcY6/6pXByEFe8CoYhq+MSiKKZ8iH",
	"M1lq891TB539EWsoOm+hfpLOGNbrlK0V2MfXzoGDuwiA/gRP5E92ImYEk0luSU33YBw+gVl3x4I="

// kwallet starts KDE's keyring, which speaks the Secret Service since 5.97, with that
// wallet or without any, as somebody has it who has just come to KDE.
func kwallet(t *testing.T, wallet bool) (stop func()) {
	t.Helper()
	home := os.Getenv("HOME")
	folder := filepath.Join(os.Getenv("XDG_DATA_HOME"), "kwalletd")
	must(t, os.MkdirAll(folder, 0o700))
	must(t, os.MkdirAll(filepath.Join(home, ".config"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".config", "kwalletrc"), []byte("[Wallet]\nEnabled=true\nFirst Use=false\nUse One Wallet=true\nDefault Wallet=kdewallet\nPrompt on Open=false\n\n[org.freedesktop.secrets]\napiEnabled=true\n"), 0o600))
	for name, text := range map[string]string{"kdewallet.kwl": walletFile, "kdewallet.salt": walletSalt} {
		file := filepath.Join(folder, name)
		if _, err := os.Stat(file); err == nil || !wallet {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(text)
		must(t, err)
		must(t, os.WriteFile(file, b, 0o600))
	}
	c := exec.Command("kwalletd5")
	c.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen")
	return serving(t, c)
}

func TestKDEsKeyringKeepsTheKeyOverItsOwnRestart(t *testing.T) {
	onABus(t, "kwalletd5", func(t *testing.T) {
		stop := kwallet(t, true)
		p, o := real(t)
		id, key, s := opened(t, o)
		if s.Place() != keystore.InKeyring {
			t.Fatalf("the key is in %s", s.Place())
		}
		if _, err := os.Stat(p.file()); err == nil {
			t.Error("it is in a file, too")
		}
		// As at the end of a session: it writes what it was given when it is told to, or
		// five seconds later.
		bus, err := dbus.ConnectSessionBus()
		must(t, err)
		defer bus.Close()
		must(t, bus.Object("org.kde.kwalletd5", "/modules/kwalletd5").Call("org.kde.KWallet.closeAllWallets", 0).Err)
		stop()
		kwallet(t, true)
		again, same, _ := opened(t, o)
		if again != id || same != key {
			t.Error("another key came back")
		}
	})
}

// Nobody is asked to make a wallet for the sake of a sign-in.
func TestWhereKDEHasNoWalletYetTheKeyIsInTheFile(t *testing.T) {
	onABus(t, "kwalletd5", func(t *testing.T) {
		kwallet(t, false)
		_, o := real(t)
		if _, _, s := opened(t, o); s.Place() != keystore.InFile {
			t.Errorf("the key is in %s", s.Place())
		}
	})
}
