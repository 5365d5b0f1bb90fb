//go:build directory

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The example is run as it is, but for addresses and certificate.
func TestBehindTheCaddyExampleItSeesWhoIsCallingAndRefusesItself(t *testing.T) {
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("caddy is not installed")
	}
	address, stop := serve(t, environment(t, "MUNPAE_DIRECTORY_URL=https://id.example.org", "MUNPAE_DIRECTORY_PROXIES=127.0.0.1/32, ::1/128",
		"MUNPAE_GITHUB_CLIENT_ID=Iv1.example", "MUNPAE_GITHUB_CLIENT_SECRET=0123456789abcdef0123456789abcdef01234567"))
	example, err := os.ReadFile("../../../build/directory/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	gone, front := freeAddress(t), freeAddress(t) // a replica that is gone: the next one answers
	site := "{\n\tadmin off\n}\n" + strings.NewReplacer(
		"id.example.org {", "http://"+front+" {", "reverse_proxy 127.0.0.1:8480 {", "reverse_proxy "+gone+" "+strings.TrimPrefix(address, "http://")+" {",
	).Replace(string(example))
	dir := t.TempDir()
	file := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(file, []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	// The example itself is one that Caddy takes.
	check := exec.Command(caddy, "validate", "--adapter", "caddyfile", "--config", "../../../build/directory/Caddyfile")
	check.Env = []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_DATA_HOME=" + dir}
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	proxy := exec.Command(caddy, "run", "--adapter", "caddyfile", "--config", file)
	proxy.Env = check.Env
	askBehind(t, proxy, front, stop)
}
