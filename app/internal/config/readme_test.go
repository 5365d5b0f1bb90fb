package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
)

// A setting that nobody can read about is none, in either language.
func TestEverySettingStandsInBothREADMEs(t *testing.T) {
	names := slices.Clone(config.OwnNames)
	for _, k := range provider.Kinds {
		for _, s := range k.Settings {
			names = append(names, "MUNPAE_"+strings.ToUpper(k.ID)+"_"+s.Name)
		}
	}
	for _, path := range []string{"README.md", "app/docs/README.ko.md"} {
		readme, err := os.ReadFile("../../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.Contains(string(readme), "`"+name+"`") {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
}
