//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// opener is the portal that opens addresses, as far as a sandbox needs it.
type opener struct {
	*portal
	opened chan string
}

const openURI = "org.freedesktop.portal.OpenURI"

func openOpener(t *testing.T) opener {
	t.Helper()
	o := opener{openPortal(t, 0, 0), make(chan string, 4)}
	if err := o.bus.Export(o, portalPath, openURI); err != nil {
		t.Fatal(err)
	}
	return o
}

// OpenURI is a method of the portal.
func (o opener) OpenURI(_, address string, _ map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	const request = dbus.ObjectPath("/org/freedesktop/portal/desktop/request/1_1/t")
	o.opened <- address
	go o.bus.Emit(request, "org.freedesktop.portal.Request.Response", uint32(0), map[string]dbus.Variant{})
	return request, nil
}

// browses goes on in the browser with the address that the portal is asked to open.
func (o opener) browses(t *testing.T, p *program) {
	t.Helper()
	select {
	case address := <-o.opened:
		browse(t, address)
	case <-time.After(appearsWithin):
		t.Fatalf("the portal was asked for nothing; it printed:\n%s", p.output)
	}
}

// As in a Flatpak: processes of its own and nobody else's /proc, nothing of the system to
// write to, no opener and no browser, no keyring, and the desktop's portal alone to open an
// address.
func TestInASandboxThePortalOpensTheBrowserAndTheKeyIsInTheFile(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			o := openOpener(t)
			s := serve(t)
			s.NextPerson(seulgi)
			p := install(t, w.lang, settings(s)...)
			p.env = append(p.env, "PATH="+t.TempDir(), "MUNPAE_KEYSTORE=auto") // in which nothing is
			p.wrap = sandbox(t, p)
			p.start()
			p.see("push button", w.github).press(t)
			o.browses(t, p)
			p.see("dialog", w.dialog)
			p.hears(w.free)
			p.press(w.start)
			p.see("heading", "윤슬기")
			desk.screenshot(t, "sandbox-home-"+w.lang)
			p.kill()
			p.start()
			p.see("heading", "윤슬기")
			if _, err := os.Stat(p.file("key")); err != nil {
				t.Error("the key is not in the file: ", err)
			}
			p.kill()
			out, errs, code := runWrapped(t, p.wrap, desk.env(p.env...), "doctor", "--profile", p.profile, "--lang", w.lang)
			if errs != "" || !strings.Contains(out, map[string]string{"ko": "서명 키를 둔 곳: 파일", "en": "signing key in the file"}[w.lang]) {
				t.Errorf("the self-test ends with %d:\n%s%s", code, out, errs)
			}
		})
	}
}

// sandbox is the command that a program is started by in one.
func sandbox(t *testing.T, p *program) []string {
	t.Helper()
	return []string{
		"/usr/bin/bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-pid", "--proc", "/proc",
		"--tmpfs", "/usr/local/bin", "--tmpfs", "/opt", "--tmpfs", "/home", "--tmpfs", "/root",
		"--bind", desk.dir, desk.dir, "--bind", filepath.Dir(p.profile), filepath.Dir(p.profile), "--die-with-parent", "--",
	}
}
