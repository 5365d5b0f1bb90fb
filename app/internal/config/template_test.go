package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
)

// The settings folder holds a file that names every setting, sets none, and is its
// owner's alone; a program by another name has its own prefix in it.
func TestTheSettingsTemplateNamesEverySettingAndSetsNone(t *testing.T) {
	for name, prefix := range map[string]string{"": "MUNPAE_", "my-notes": "MY_NOTES_"} {
		pc := newComputer(t)
		s, dir := pc.system(), t.TempDir()
		s.Name = name
		c, err := config.Load([]string{"--profile", dir}, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.WriteTemplate(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, ".env")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if i, err := os.Stat(path); err != nil || i.Mode().Perm() != ownFile {
			t.Error(i.Mode(), err)
		}
		names := append([]string{}, config.OwnNames...)
		for _, k := range provider.Settings() {
			for _, p := range k.Settings {
				names = append(names, "MUNPAE_"+strings.ToUpper(k.ID)+"_"+p.Name)
			}
		}
		for _, n := range names {
			if n = prefix + strings.TrimPrefix(n, "MUNPAE_"); !strings.Contains(string(data), "\n#"+n+"=") {
				t.Errorf("%s is not in the template", n)
			}
		}
		if c, err = config.Load([]string{"--profile", dir}, s); err != nil || len(c.Providers) != 0 || len(c.Problems) != 0 {
			t.Error(c.Providers, c.Problems, err)
		}
		write(t, path, "# mine\n", 0o600)
		if err := c.WriteTemplate(); err != nil {
			t.Error(err)
		}
		if data, _ := os.ReadFile(path); string(data) != "# mine\n" {
			t.Errorf("a file that was there became %q", data)
		}
	}
}
