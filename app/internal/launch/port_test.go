package launch

import (
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/loopback"
	"munpae.example/munpae/app/internal/sqlite"
)

func TestTheOriginsPlaceIsKeptAndNothingElseIsTakenForOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "port")
	if got, ok := keptPlace(path); ok {
		t.Errorf("no file: %v", got)
	}
	at := netip.MustParseAddrPort("127.83.12.9:40123")
	if err := keepPlace(path, at); err != nil {
		t.Fatal(err)
	}
	if got, ok := keptPlace(path); !ok || got != at {
		t.Errorf("kept %v, %v", got, ok)
	}
	if err := os.WriteFile(path, []byte("40123\n"), 0o600); err != nil { // as versions before wrote it
		t.Fatal(err)
	}
	if got, ok := keptPlace(path); !ok || got != netip.AddrPortFrom(loopback.Here, 40123) {
		t.Errorf("a port alone: %v, %v", got, ok)
	}
	for _, text := range []string{"", "80", "70000", "-1", "forty", "40123 40124", "192.0.2.1:40123", "127.83.12.9:80", "[::1]:40123", "0.0.0.0:40123"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := keptPlace(path); ok {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

// Each profile's window has an address of its own, the same at every start.
func TestDV02_EachProfileHasAnAddressOfItsOwnForItsWindow(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has the addresses, and a jar whose cookies can be moved there")
	}
	one, other := config.Profile{Dir: t.TempDir()}, config.Profile{Dir: t.TempDir()}
	first, _ := place(one, false)
	if again, kept := place(one, true); again != first || kept {
		t.Errorf("the next start's is %v, %v; want %v", again, kept, first)
	}
	if a := first.Addr(); !a.IsLoopback() || a == loopback.Here || first.Port() != 0 {
		t.Errorf("it is %v", first)
	}
	if second, _ := place(other, false); second == first {
		t.Errorf("two profiles share %v", first)
	}
}

// The session that an earlier version kept at the address of all programs is the window's
// at its own, and one that stands there already is not mixed with anybody else's.
func TestDV02_TheSessionMovesToTheWindowsOwnAddress(t *testing.T) {
	own := netip.MustParseAddr("127.83.12.9")
	at := func(host, value string) sqlite.Cookie {
		return sqlite.Cookie{Name: "munpae_refresh", Host: host, Value: value}
	}
	for name, c := range map[string]struct {
		all  []sqlite.Cookie
		want string
	}{
		"an update":                     {[]sqlite.Cookie{at("127.0.0.1", "mine")}, "mine"},
		"once it has moved":             {[]sqlite.Cookie{at("127.0.0.1", "planted"), at("127.83.12.9", "mine")}, "mine"},
		"a profile with another ID":     {[]sqlite.Cookie{at("127.4.4.4", "mine")}, "mine"},
		"another site's":                {[]sqlite.Cookie{at("192.0.2.1", "x"), at("example.com", "x"), at(".127.0.0.1", "x"), at("::1", "x")}, ""},
		"beside what is another site's": {[]sqlite.Cookie{at("example.com", "x"), at("127.0.0.1", "mine")}, "mine"},
	} {
		got := ""
		for _, c := range windows(c.all, own) {
			got += c.Value
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestDV02_TheSelfTestLooksAtTheWindowsAddressAndMakesNothing(t *testing.T) {
	if !hasApart {
		t.Skip("this system has one loopback address")
	}
	f := config.Profile{Dir: t.TempDir()}
	check := checkApart(f, true)
	if check == nil {
		t.Fatal("it is not looked at")
	}
	if err := check(); err != nil {
		t.Error(err)
	}
	if made, _ := os.ReadDir(f.Dir); len(made) > 0 {
		t.Errorf("it made %v", made)
	}
	if err := keepPlace(f.Port(), netip.AddrPortFrom(loopback.Here, 40123)); err != nil {
		t.Fatal(err)
	}
	if checkApart(f, true) != nil {
		t.Error("a profile that stays at 127.0.0.1 is said to have its own")
	}
}
