package launch

import (
	"crypto/sha256"
	"net/netip"
	"runtime"
	"strconv"
	"strings"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/loopback"
	"munpae.example/munpae/app/internal/sqlite"
)

// place is the address and port for the window's origin in the profile of f; port 0
// means any. Where the program stores things it is the same at every start, since what
// a page stores belongs to its origin, and kept says that there was one already.
func place(f config.Profile, storage bool) (at netip.AddrPort, kept bool) {
	if storage {
		if at, kept = keptPlace(f.Port()); kept {
			return at, true
		}
	}
	return netip.AddrPortFrom(ownAddress(f), 0), false
}

// ownAddress is the profile's address of 127.0.0.0/8: cookies know no ports, and on
// 127.0.0.1 other programs listen. It is made of what install.json keeps to itself, so
// that nobody can wait there. Elsewhere than on Linux it is 127.0.0.1: macOS has no other,
// and no jar but Linux's can be moved to one.
func ownAddress(f config.Profile) netip.Addr {
	if !hasApart {
		return loopback.Here
	}
	install, err := sqlite.LoadInstall(f.Install(), app.SystemClock{}.Now(), nil)
	if err != nil {
		return loopback.Here // and the profile says why it can't be used
	}
	return addressOf(install.ID)
}

const hasApart = runtime.GOOS == "linux"

// addressOf is the address of the installation with this ID.
func addressOf(install string) netip.Addr {
	sum := sha256.Sum256([]byte("window " + install))
	return loopback.Apart([3]byte(sum[:3]))
}

// checkApart is the doctor's: it reports why the window of f can't be at an address of
// its own, and changes nothing. It is nil where it is not to be.
func checkApart(f config.Profile, storage bool) func() error {
	host := addressOf("")
	if i, _ := sqlite.ReadInstall(f.Install()); i != nil {
		host = addressOf(i.ID)
	}
	if at, kept := keptPlace(f.Port()); storage && kept {
		host = at.Addr()
	}
	if !hasApart || host == loopback.Here {
		return nil
	}
	return func() error {
		l, err := loopback.ListenApart(host, 0)
		if err == nil {
			l.Close()
		}
		return err
	}
}

// maxPlace is far more than the file ever holds, in bytes.
const maxPlace = 64

// keptPlace is the place in the file at path, false where there is none that can be
// used. A port alone is one of 127.0.0.1: there the page's things are.
func keptPlace(path string) (netip.AddrPort, bool) {
	data, err := files.Read(path, maxPlace)
	if err != nil {
		return netip.AddrPort{}, false
	}
	text := strings.TrimSpace(string(data))
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return netip.AddrPort{}, false
		}
		at = netip.AddrPortFrom(loopback.Here, uint16(port))
	}
	return at, at.Addr().Is4() && at.Addr().IsLoopback() && at.Port() >= 1024
}

// keepPlace writes it.
func keepPlace(path string, at netip.AddrPort) error {
	return files.Write(path, []byte(at.String()+"\n"))
}
