package nickname_test

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

var update = flag.Bool("update", false, "write the verdicts of testdata/golden.tsv anew; then read them")

// testdata/golden.tsv has a name a line and what became of it, between tabs:
// "ok", key and skeleton (both in NFC, to be read), or the code of the refusal
// and the character it names. Names in quotes are Go literals.
func TestGoldenNames(t *testing.T) {
	const path = "testdata/golden.tsv"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	count := 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			out.WriteString(line + "\n")
			continue
		}
		count++
		name, _, _ := strings.Cut(line, "\t")
		text := name
		if strings.HasPrefix(name, `"`) {
			if text, err = strconv.Unquote(name); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		verdict := name + "\t"
		if n, err := nickname.Parse(text); err == nil {
			verdict += "ok\t" + norm.NFC.String(n.Key) + "\t" + norm.NFC.String(n.Skeleton)
		} else {
			verdict += string(app.CodeOf(err))
			if c := app.ParamsOf(err)["character"]; c != "" {
				verdict += "\t" + c
			}
		}
		if verdict != line && !*update {
			t.Errorf("now  %s\nwant %s", verdict, line)
		}
		out.WriteString(verdict + "\n")
	}
	if count < 300 {
		t.Errorf("%d names", count)
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
