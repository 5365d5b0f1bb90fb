package config_test

import (
	"os"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/config"
)

// A setting that nobody can read about is none.
func TestEverySettingStandsInTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range config.Names {
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md has no %s", name)
		}
	}
}
