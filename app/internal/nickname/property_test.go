package nickname_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

// names draws texts that are nicknames more often than not.
func names() *rapid.Generator[string] {
	letter := rapid.OneOf(
		rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyzABCIKLMNORS0123456789０Ｋ")),
		rapid.RuneFrom([]rune("éßøüñçđłŸİıſǅẞếŏƀəʊÅ\u212b\u212aЖ")),
		rapid.Map(rapid.IntRange('가', '힣'), func(i int) rune { return rune(i) }),
		rapid.RuneFrom([]rune("_.- \u0301\u0323\u1112\u1161\u11ab")),
	)
	return rapid.StringOfN(letter, 2, 22, -1)
}

// texts draws anything, names among it.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(names(), rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
}

func accepted(t *rapid.T) app.Nickname {
	text := names().Draw(t, "text")
	n, err := nickname.Parse(text)
	if err != nil {
		t.Skip("not a nickname")
	}
	return n
}

func TestAnAcceptedNameIsAcceptedAgainAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := accepted(t)
		again, err := nickname.Parse(n.Text)
		if err != nil || again != n {
			t.Fatalf("%+v, then %+v, %v", n, again, err)
		}
		if keys := nickname.Keys(n.Text); keys != n {
			t.Fatalf("Parse makes %+v, Keys %+v", n, keys)
		}
		if keys := nickname.Keys(n.Key); keys.Key != n.Key || keys.Skeleton != n.Skeleton {
			t.Fatalf("the key %q has the key %q", n.Key, keys.Key)
		}
	})
}

func TestAnAcceptedNameKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := accepted(t)
		if !norm.NFC.IsNormalString(n.Text) || !utf8.ValidString(n.Key) || n.Key == "" || n.Skeleton == "" || n.Version != nickname.Version {
			t.Fatalf("%+v", n)
		}
		if c := uniseg.GraphemeClusterCount(n.Text); c < nickname.MinLength || c > nickname.MaxLength || len(n.Text) > nickname.MaxBytes {
			t.Fatalf("%q has %d clusters, %d bytes", n.Text, c, len(n.Text))
		}
		if n.Key != strings.TrimSpace(n.Key) || strings.ContainsFunc(n.Key, func(r rune) bool { return r == 0 }) {
			t.Fatalf("%q", n.Key)
		}
		if _, err := precis.Nickname.CompareKey(n.Text); err != nil {
			t.Fatalf("PRECIS refuses %q: %v", n.Text, err)
		}
	})
}

// The keys of plain text are made on a short road; it leads where PRECIS does.
func TestTheShortRoadMakesThePRECISKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.OneOf(
			rapid.RuneFrom([]rune("abcxyzABCXYZ0189 _.-")),
			rapid.Map(rapid.IntRange('가', '힣'), func(i int) rune { return rune(i) }),
		), 1, 20, -1).Draw(t, "text")
		want, err := precis.Nickname.CompareKey(text)
		if err != nil {
			t.Skip("nothing left")
		}
		if got := nickname.Keys(text).Key; got != want {
			t.Fatalf("%q: %q, PRECIS has %q", text, got, want)
		}
	})
}

func TestCompositionChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := accepted(t)
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if again, err := nickname.Parse(form.String(n.Text)); err != nil || again != n {
				t.Fatalf("%+v in another form: %+v, %v", n, again, err)
			}
		}
		if again := nickname.Keys(norm.NFKC.String(n.Text)); again.Key != n.Key || again.Skeleton != n.Skeleton {
			t.Fatalf("%+v in NFKC: %+v", n, again)
		}
	})
}

func TestCaseChangesNoKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := accepted(t)
		for _, text := range []string{strings.ToLower(n.Text), strings.ToUpper(n.Text)} {
			again := nickname.Keys(text)
			// Dotless and dotted i change their letter with the case: those are look-alikes.
			if !strings.ContainsAny(n.Text, "ıİ") && again.Key != n.Key {
				t.Fatalf("%q has %q, %q has %q", n.Text, n.Key, text, again.Key)
			}
			if !strings.Contains(n.Text, "İ") && again.Skeleton != n.Skeleton {
				t.Fatalf("%q has %q, %q has %q", n.Text, n.Skeleton, text, again.Skeleton)
			}
		}
	})
}

func TestWidthChangesNoKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := accepted(t)
		for _, text := range []string{width.Widen.String(n.Text), width.Fold.String(n.Text), width.Narrow.String(n.Text)} {
			if again := nickname.Keys(text); again.Key != n.Key || again.Skeleton != n.Skeleton {
				t.Fatalf("%+v in another width: %+v", n, again)
			}
		}
	})
}

func TestAReservedNameStaysReservedInAnyCaseAndWidth(t *testing.T) {
	list := reservedNames(t)
	rapid.Check(t, func(t *rapid.T) {
		name := []rune(rapid.SampledFrom(list).Draw(t, "name"))
		var b strings.Builder
		for i, r := range name {
			s := string(r)
			switch rapid.IntRange(0, 3).Draw(t, "disguise") {
			case 1:
				s = strings.ToUpper(s)
			case 2:
				s = width.Widen.String(s)
			case 3:
				if i > 0 && len(name) < 14 {
					b.WriteByte("_.- "[rapid.IntRange(0, 3).Draw(t, "separator")])
				}
			}
			b.WriteString(s)
		}
		if uniseg.GraphemeClusterCount(b.String()) > nickname.MaxLength || len(name) < 2 {
			t.Skip("too long or too short to be a nickname")
		}
		if got := codeOf(b.String()); got != app.CodeNicknameReserved {
			t.Fatalf("%q: %q", b.String(), got)
		}
	})
}

func TestEveryRefusalHasACodeOfTheNickname(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { judged(t, texts().Draw(t, "text")) })
}

func judged(t interface{ Fatalf(string, ...any) }, text string) {
	n, err := nickname.Parse(text)
	switch code := app.CodeOf(err); code {
	case "":
		if again, err := nickname.Parse(n.Text); err != nil || again != n {
			t.Fatalf("%+q: %+v, then %+v, %v", text, n, again, err)
		}
	case app.CodeNicknameBadCharacter:
		c := app.ParamsOf(err)["character"]
		if c == "" || !utf8.ValidString(c) || utf8.RuneCountInString(c) > 8 {
			t.Fatalf("%+q names the character %+q", text, c)
		}
	case app.CodeNicknameEmpty, app.CodeNicknameTooShort, app.CodeNicknameTooLong, app.CodeNicknameReserved, app.CodeNicknameBadSeparator,
		app.CodeNicknameTooManyMarks, app.CodeNicknameMixedScripts, app.CodeNicknameIncompleteHangul:
	default:
		t.Fatalf("%+q: %q", text, code)
	}
	if keys := nickname.Keys(text); text != "" && (keys.Key == "" || keys.Skeleton == "") {
		t.Fatalf("%+q has lost its keys: %+v", text, keys)
	}
}

func proposed(t interface{ Fatalf(string, ...any) }, sources ...string) {
	seen := map[string]bool{}
	list := nickname.Propose(sources...)
	for _, n := range list {
		if again, err := nickname.Parse(n.Text); err != nil || again != n {
			t.Fatalf("Propose(%+q) has %+v; parsed %+v, %v", sources, n, again, err)
		}
		if seen[n.Skeleton] {
			t.Fatalf("Propose(%+q) has two like %q", sources, n.Text)
		}
		seen[n.Skeleton] = true
	}
	if len(list) > nickname.MaxProposals {
		t.Fatalf("%d proposals", len(list))
	}
}

func TestEveryProposalIsANickname(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { proposed(t, rapid.SliceOfN(texts(), 0, 4).Draw(t, "sources")...) })
}

func TestAGoodNameAlwaysHasThreeProposalsBesideItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := accepted(t)
		list := nickname.Propose(n.Text)
		if len(list) < 4 || list[0] != n {
			t.Fatalf("%q: %+v", n.Text, list)
		}
		for _, other := range list[1:] {
			if other.Key == n.Key || other.Skeleton == n.Skeleton {
				t.Fatalf("%q is no other name than %q", other.Text, n.Text)
			}
		}
	})
}

func FuzzNickname(f *testing.F) {
	for _, s := range []string{"길동", "Kim1", "4dm1n", "ㅋㅋ", "a\u0301\u0302\u0303", "gil@naver.com", "👨\u200d👩\u200d👧", "\xff", "홍 길동", "Ｋｉｍ", "Élodie Müller", ".a..b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		judged(t, text)
		proposed(t, text)
	})
}
