//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	spoken "munpae.example/munpae/app/internal/words"
)

// withoutHangul is an environment in which every font with Korean letters is gone.
func withoutHangul(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("fc-list", ":lang=ko", "file").Output()
	if err != nil {
		t.Fatal(err)
	}
	var gone strings.Builder
	for file := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		fmt.Fprintf(&gone, "<glob>%s</glob>", strings.TrimSuffix(strings.TrimSpace(file), ":"))
	}
	path := filepath.Join(t.TempDir(), "fonts.conf")
	conf := `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig><include>/etc/fonts/fonts.conf</include>` +
		`<selectfont><rejectfont>` + gone.String() + `</rejectfont></selectfont></fontconfig>`
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	return "FONTCONFIG_FILE=" + path
}

// Whose computer has no Korean font sees boxes: the Korean window says so in what can be read,
// with a way to a language that can, and the self-test has it among its lines.
func TestWithoutAKoreanFontTheWindowSaysSoInWhatCanBeRead(t *testing.T) {
	fontless := withoutHangul(t)
	p := install(t, "ko", fontless)
	p.start()
	p.hears(spoken.Say(app.English, app.CodeFontMissing, nil).Happened)
	p.hears("fonts-noto-cjk")
	p.see("heading", setupIn["ko"].title)
	desk.screenshot(t, "no-korean-font-ko")
	p.press("English (영어)")
	p.see("heading", setupIn["en"].title)
	desk.screenshot(t, "no-korean-font-ko-then-en")
	p.quit()
	c := exec.Command(binary(t), "doctor", "--profile", filepath.Join(t.TempDir(), "profile"))
	c.Env = desk.env(fontless)
	out, _ := c.Output() // other lines may be bad here
	if !slices.ContainsFunc(strings.Split(string(out), "\n"), func(l string) bool { return strings.HasPrefix(l, "warning") && strings.Contains(l, "fonts ") }) {
		t.Errorf("the doctor says\n%s", out)
	}
}
