package config_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
)

// What is typed goes where the file has a place for it, and nothing else in it changes.
func TestCF09_TypedKeysAreWrittenWhereTheyBelong(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{"comments stay", "# mine\n#MUNPAE_GITHUB_CLIENT_ID=\nMUNPAE_LANG=ko # Korean\n# MUNPAE_GITHUB_CLIENT_SECRET=old\n",
			"# mine\nMUNPAE_GITHUB_CLIENT_ID=the-id\nMUNPAE_LANG=ko # Korean\n# MUNPAE_GITHUB_CLIENT_SECRET=old\nMUNPAE_GITHUB_CLIENT_SECRET=the-secret#1\n"},
		{"half of it was there", "export MUNPAE_GITHUB_CLIENT_ID='old' # of May\n#MUNPAE_GITHUB_CLIENT_ID=older",
			"MUNPAE_GITHUB_CLIENT_ID=the-id\n#MUNPAE_GITHUB_CLIENT_ID=older\nMUNPAE_GITHUB_CLIENT_SECRET=the-secret#1\n"},
		{"another system's line ends", "\xef\xbb\xbf#MUNPAE_GITHUB_CLIENT_ID=\r\nOTHER=1\r\n",
			"\xef\xbb\xbfMUNPAE_GITHUB_CLIENT_ID=the-id\r\nOTHER=1\r\nMUNPAE_GITHUB_CLIENT_SECRET=the-secret#1\n"},
		{"empty", "", "MUNPAE_GITHUB_CLIENT_ID=the-id\nMUNPAE_GITHUB_CLIENT_SECRET=the-secret#1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, ".env")
			write(t, path, c.before, 0o640)
			load := func() config.Config {
				got, err := config.Load([]string{"--profile", dir}, newComputer(t).system())
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			before := load()
			set, err := before.WithKeys("github", " the-id\n", "\tthe-secret#1 ")
			if err != nil {
				t.Fatal(err)
			}
			if err := before.SaveKeys(set); err != nil {
				t.Fatal(err)
			}
			if got, _ := os.ReadFile(path); string(got) != c.after {
				t.Errorf("the file is\n%q, want\n%q", got, c.after)
			}
			if st, err := os.Stat(path); err != nil || st.Mode().Perm() != ownFile {
				t.Error(st.Mode(), err)
			}
			after := load()
			if len(after.Providers) != 1 || after.Providers[0].Values["CLIENT_ID"] != "the-id" || after.Providers[0].Values["CLIENT_SECRET"] != "the-secret#1" {
				t.Errorf("it is read as %v, %v", after.Providers, after.Problems)
			}
		})
	}
}

func TestCF09_WhatCannotBeAKeyIsSaidAndNothingIsWritten(t *testing.T) {
	dir := t.TempDir()
	pc := newComputer(t)
	load := func() config.Config {
		c, err := config.Load([]string{"--profile", dir}, pc.system())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		kind, id, secret string
		want             app.Code
	}{
		{"github", "", "s", app.CodeClientIDMistyped},
		{"github", "i", "  ", app.CodeClientSecretMistyped},
		{"github", "an id", "s", app.CodeClientIDMistyped},
		{"github", `"quoted"`, "s", app.CodeClientIDMistyped},
		{"naver", "i", "'quoted'", app.CodeClientSecretMistyped},
		{"naver", "i", "비밀", app.CodeClientSecretMistyped},
		{"naver", "your-client-id", "s", app.CodeClientIDMistyped},
		{"naver", "i", strings.Repeat("s", 513), app.CodeClientSecretMistyped},
		{"oidc", "i", "s", app.CodeSettingsInvalid}, // whose issuer is nowhere
		{"nobody", "i", "s", app.CodeNotFound},
	} {
		_, err := load().WithKeys(c.kind, c.id, c.secret)
		if got := app.CodeOf(err); got != c.want {
			t.Errorf("%s %q %q: %v, want %s", c.kind, c.id, c.secret, err, c.want)
		}
		if text := err.Error(); c.secret == "비밀" && strings.Contains(text, c.secret) {
			t.Errorf("the error tells the secret: %s", text)
		}
	}

	// What the environment has stands over the file: typing would change nothing.
	pc.env["MUNPAE_GITHUB_CLIENT_ID"] = "of-the-environment"
	_, err := load().WithKeys("github", "the-id", "the-secret")
	if p := app.ParamsOf(err); app.CodeOf(err) != app.CodeSettingsInvalid || p["name"] != "MUNPAE_GITHUB_CLIENT_ID" || p["reason"] != "shadowed" {
		t.Errorf("over the environment: %v, %v", err, p)
	}
	delete(pc.env, "MUNPAE_GITHUB_CLIENT_ID")

	// Where a directory is named, rightly or not, keys are its own.
	write(t, filepath.Join(dir, ".env"), "no setting\n", 0o600)
	for _, address := range []string{"https://accounts.example", "accounts.example"} {
		pc.env["MUNPAE_DIRECTORY"], pc.env["MUNPAE_THEME"] = address, "purple"
		c := load()
		if _, err := c.WithKeys("github", "the-id", "the-secret"); app.CodeOf(err) != app.CodeSettingsInvalid || app.ParamsOf(err)["reason"] != "no_effect" {
			t.Errorf("beside the directory %s: %v, %v", address, err, app.ParamsOf(err))
		}
		if first := c.Problems; c.DirectoryWrong && (len(first) < 3 || first[0].Name != "MUNPAE_DIRECTORY") {
			t.Errorf("%s: first it is said that %v", address, first)
		}
		if c.DirectoryWrong != (c.Directory == "") {
			t.Errorf("%s: wrong %v, address %q", address, c.DirectoryWrong, c.Directory)
		}
	}
	// And for a program that can have no directory, to name one is a wrong setting.
	pc.env["MUNPAE_DIRECTORY"] = "https://accounts.example"
	alone := pc.system()
	alone.NoDirectory = true
	if c, err := config.Load(nil, alone); err != nil || !c.DirectoryWrong || c.Directory != "" || c.Problems[0].Name != "MUNPAE_DIRECTORY" || c.Problems[0].Reason != "alone" {
		t.Errorf("a directory that can't be: %v, %q, %v", err, c.Directory, c.Problems)
	}
	delete(pc.env, "MUNPAE_DIRECTORY")
	delete(pc.env, "MUNPAE_THEME")

	// What is set leaves the problems of other settings as they are.
	pc.env["MUNPAE_THEME"], pc.env["MUNPAE_GITHUB_CLIENT_SECRET"] = "purple", ""
	write(t, filepath.Join(dir, ".env"), "MUNPAE_NAVER_CLIENT_ID=half\n", 0o600)
	c := load()
	half, err := c.WithKeys("naver", "the-id", "the-secret")
	if err != nil {
		t.Fatal(err)
	}
	if left := c.With([]app.ProviderSet{half}).Problems; len(c.Problems) != 2 || len(left) != 1 || left[0].Name != "MUNPAE_THEME" {
		t.Errorf("of %v there are left %v", c.Problems, left)
	}
	delete(pc.env, "MUNPAE_THEME")

	if runtime.GOOS == "windows" { // which has access lists in the place of modes
		return
	}
	// A file that is not read is not written over either.
	path := filepath.Join(dir, ".env")
	write(t, path, "MUNPAE_LANG=en\n", 0o600)
	if err := os.Chmod(path, 0o622); err != nil {
		t.Fatal(err)
	}
	c = load()
	set, err := c.WithKeys("github", "the-id", "the-secret")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SaveKeys(set); app.CodeOf(err) != app.CodeSettingsInvalid || app.ParamsOf(err)["reason"] != "writable" {
		t.Errorf("a file that others can write: %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "MUNPAE_LANG=en\n" {
		t.Errorf("it became %q", got)
	}
}
