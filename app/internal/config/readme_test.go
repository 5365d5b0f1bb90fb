package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
)

// A setting that nobody can read about is none.
func TestEverySettingStandsInTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Clone(config.OwnNames)
	for _, k := range provider.Kinds {
		for _, s := range k.Settings {
			names = append(names, "MUNPAE_"+strings.ToUpper(k.ID)+"_"+s.Name)
		}
	}
	for _, name := range names {
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md has no %s", name)
		}
	}
}
