package app_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"munpae/app"
)

// declaredCodes reads every constant of type Code in code.go with the params that
// its comment promises.
func declaredCodes(t *testing.T) map[app.Code][]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	promised := regexp.MustCompile(`params? ([a-z, ]+)`)
	codes := map[app.Code][]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); !ok || id.Name != "Code" {
			return true
		}
		s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := codes[app.Code(s)]; twice {
			t.Errorf("%s is declared twice", s)
		}
		codes[app.Code(s)] = nil
		if m := promised.FindStringSubmatch(v.Comment.Text()); m != nil {
			for p := range strings.SplitSeq(m[1], ",") {
				codes[app.Code(s)] = append(codes[app.Code(s)], strings.TrimSpace(p))
			}
		}
		return true
	})
	if len(codes) < 80 {
		t.Fatalf("read only %d codes", len(codes))
	}
	return codes
}

func TestEveryCodeHasItsWordsAndNoWordsLackACode(t *testing.T) {
	codes := declaredCodes(t)
	for c := range codes {
		if _, ok := app.Problems()[c]; !ok {
			t.Errorf("%s is not in problems.json", c)
		}
	}
	for c := range app.Problems() {
		if _, ok := codes[c]; !ok {
			t.Errorf("%s of problems.json is not in code.go", c)
		}
	}
}

func TestProblemsAreWellFormed(t *testing.T) {
	b, err := os.ReadFile("problems.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	var entries map[app.Code]app.Entry
	if err := d.Decode(&entries); err != nil {
		t.Fatal(err)
	}
	actions := []string{"try_again", "check", "copy_link", "use_device_code", "new_code", "settings_folder", "share_email", "sign_in_again", "restore_backup", "quit", "dismiss"}
	placeholder := regexp.MustCompile(`\{([a-z]+)\}`)
	hangul := regexp.MustCompile(`[가-힣]`)
	codes := declaredCodes(t)
	labels := map[string]app.Entry{}
	for c, e := range entries {
		if !slices.Contains(actions, e.Action) {
			t.Errorf("%s: action %q", c, e.Action)
		}
		for l, w := range map[app.Language]app.Words{app.Korean: e.Korean, app.English: e.English} {
			if w.Happened == "" || w.Button == "" {
				t.Errorf("%s: %s lacks a sentence or the button", c, l)
			}
			if (l == app.Korean) != hangul.MatchString(w.Happened) {
				t.Errorf("%s: %s is not in that language: %q", c, l, w.Happened)
			}
			for _, m := range placeholder.FindAllStringSubmatch(w.Happened+w.Next, -1) {
				if !slices.Contains(codes[c], m[1]) {
					t.Errorf("%s: %s names {%s}, which code.go does not promise", c, l, m[1])
				}
			}
		}
		if (e.Korean.Next == "") != (e.English.Next == "") {
			t.Errorf("%s: only one language says what to do", c)
		}
		// One word per thing: an action is called the same everywhere.
		if first, ok := labels[e.Action]; !ok {
			labels[e.Action] = e
		} else if first.Korean.Button != e.Korean.Button || first.English.Button != e.English.Button {
			t.Errorf("%s: %q and %q are both called %s", c, e.English.Button, first.English.Button, e.Action)
		}
	}
}

// Those are the words of UX.md, letter by letter.
func TestNicknameWordsAreTheAgreedOnes(t *testing.T) {
	for c, want := range map[app.Code][2]string{
		app.CodeAvailable:                {"쓸 수 있는 닉네임입니다", "This nickname is free"},
		app.CodeNicknameTaken:            {"이미 쓰고 있는 닉네임입니다", "This nickname is taken"},
		app.CodeNicknameLooksLike:        {"이미 있는 닉네임과 너무 비슷합니다", "Too close to a nickname that is taken"},
		app.CodeNicknameReserved:         {"쓸 수 없는 닉네임입니다", "This nickname is reserved"},
		app.CodeNicknameTooShort:         {"2자 이상으로 지어 주세요", "Use at least 2 characters"},
		app.CodeNicknameTooLong:          {"20자 이하로 지어 주세요", "Use at most 20 characters"},
		app.CodeNicknameBadCharacter:     {"쓸 수 없는 글자가 있습니다: ☆", "This character can't be used: ☆"},
		app.CodeNicknameMixedScripts:     {"서로 다른 문자를 섞어 쓸 수 없습니다", "These alphabets can't be mixed"},
		app.CodeNicknameIncompleteHangul: {"완성된 글자로 써 주세요", "Finish the Hangul syllable"},
	} {
		p := app.Params{"character": "☆"}
		if got := [2]string{app.Say(app.Korean, c, p).Happened, app.Say(app.English, c, p).Happened}; got != want {
			t.Errorf("%s: got %q, want %q", c, got, want)
		}
	}
}

func TestOneMinuteIsSingular(t *testing.T) {
	for minutes, want := range map[string]string{"1": "Try again in 1 minute.", "2": "Try again in 2 minutes.", "11": "Try again in 11 minutes."} {
		if got := app.Say(app.English, app.CodeRateLimited, app.Params{"minutes": minutes}).Next; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAnUnknownCodeReadsAsInternal(t *testing.T) {
	if got, want := app.Say(app.English, "no_such_code", nil), app.Say(app.English, app.CodeInternal, nil); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
