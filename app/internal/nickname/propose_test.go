package nickname_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"munpae.example/munpae/app/internal/nickname"
)

func propose(sources ...string) []string {
	var out []string
	for _, n := range nickname.Propose(sources...) {
		out = append(out, n.Text)
	}
	return out
}

func TestProposalsAreWhatAPersonWouldChooseNext(t *testing.T) {
	for _, c := range []struct {
		source string
		first  []string
	}{
		{"길동", []string{"길동", "길동이", "꼬마길동", "길동이네"}},
		{"홍길동", []string{"홍길동", "홍길동이", "길동이", "길동"}},
		{"홍 길동", []string{"홍 길동", "홍 길동이", "길동이"}},
		{"김철수", []string{"김철수", "철수", "꼬마김철수", "김철수네"}},
		{"철수", []string{"철수", "꼬마철수", "철수네", "멋진철수"}},
		{"길동2", []string{"길동2", "길동", "길동이"}},
		{"octocat", []string{"octocat", "hey.octocat", "its.octocat"}},
		{"Minsu Kim", []string{"Minsu Kim", "Minsu K", "Minsu"}},
		{"Kim1", []string{"Kim1", "Kim", "Hey.Kim"}},
		{"gildong.hong", []string{"gildong.hong", "gildong.h", "gildong"}},
		{"12345", []string{"12345", "123452"}},
	} {
		got := propose(c.source)
		if len(got) < len(c.first) || !slices.Equal(got[:len(c.first)], c.first) {
			t.Errorf("%q: %q, want %q first", c.source, got, c.first)
		}
	}
}

func TestTheEnding이StandsAfterAConsonantOnly(t *testing.T) {
	for _, stem := range []string{"철수", "미나", "하루", "아주아주아주아주아주아주아주아주긴이름이다"} {
		for _, n := range propose(stem) {
			if n == stem+"이" || n == stem+"이네" {
				t.Errorf("%q has %q", stem, n)
			}
		}
	}
	for _, stem := range []string{"길동", "지훈", "은별", "김"} {
		if got := propose(stem); !slices.Contains(got, stem+"이") {
			t.Errorf("%q has %q", stem, got)
		}
	}
	// The cut that makes room decides what the ending follows.
	for _, n := range propose("아주아주아주아주아주아주아주아주가나다라") {
		if before, ok := strings.CutSuffix(n, "이"); ok {
			if r := []rune(before); (r[len(r)-1]-'가')%28 == 0 {
				t.Errorf("%q", n)
			}
		}
	}
}

func TestProposalsStayInTheScriptOfTheirSource(t *testing.T) {
	for _, source := range []string{"길동", "홍 길동", "김철수3", "octocat", "Minsu Kim", "Élodie Müller", "kim_lee", "J", "김"} {
		hangul := strings.ContainsFunc(source, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
		for _, n := range propose(source) {
			for _, r := range n {
				if unicode.IsLetter(r) && unicode.Is(unicode.Hangul, r) != hangul {
					t.Errorf("%q has %q", source, n)
				}
			}
		}
	}
}

func TestNoDigitsStandBeforeABetterName(t *testing.T) {
	for _, source := range []string{"길동", "철수", "octocat", "Minsu Kim", "김", "길동kim"} {
		for i, n := range propose(source)[:4] {
			if strings.ContainsAny(n, "0123456789") {
				t.Errorf("%q has %q at place %d", source, n, i)
			}
		}
	}
}

func TestProposalsComeFromTextsThatAreNoNicknames(t *testing.T) {
	for source, want := range map[string]string{
		"길동😀ㅋㅋ": "길동", "  홍길동  ": "홍길동", "gildong.hong@naver.com": "gildong.hong", "gildong+app@gmail.com": "gildong",
		"--kim__lee--": "kim_lee", "O'Brien": "OBrien", "kim\u200b\u202elee": "kimlee", "홍길동(洪吉童)": "홍길동", "길동 / Gildong": "길동 Gildong",
		"★별이★": "별이", "kim,lee": "kim lee", "a\u0301\u0302\u0303b": "a\u0301\u0302b", "카페🇰🇷주인": "카페주인", "@octocat": "octocat",
		"Wolfeschlegelsteinhausenbergerdorff": "Wolfeschlegelsteinha", "김\n철수": "김 철수", "\xff길동": "길동",
	} {
		got := propose(source)
		if len(got) == 0 || nickname.Keys(got[0]).Key != nickname.Keys(want).Key {
			t.Errorf("%q: %q, want %q first", source, got, want)
		}
	}
	for _, n := range propose("ｏｃｔｏ★ｃａｔ") {
		if strings.ContainsRune(n, 'ｏ') {
			t.Errorf("%q is proposed in the width that nobody types", n)
		}
	}
	for _, source := range []string{"", "   ", "😀😀", "Иван", "金哲洙", "ㅋㅋㅋ", "...", "\u200b", "admin", "관리자", "4dm1n"} {
		if got := propose(source); len(got) != 0 {
			t.Errorf("%q: %q", source, got)
		}
	}
	if got := propose(strings.Repeat("길동", 100000)); len(got) < 4 {
		t.Errorf("%q", got)
	}
}

func TestProposalsStartFromTheTypedText(t *testing.T) {
	got := propose("길동", "gildong", "Gildong Hong")
	if got[0] != "길동" || got[1] != "길동이" || !slices.Contains(got, "gildong") || len(got) != nickname.MaxProposals {
		t.Errorf("%q", got)
	}
	if got := propose("admin", "", "octocat"); len(got) == 0 || got[0] != "octocat" {
		t.Errorf("%q", got)
	}
	if !slices.Equal(propose("길동", "kim"), propose("길동", "kim")) {
		t.Error("the same sources give other candidates")
	}
}

func TestANumberThatIsNoCountIsNotCountedOn(t *testing.T) {
	for source, never := range map[string]string{"Kim99999": "Kim100000", "Kim9999": "Kim10000", "Kim007": "Kim8"} {
		for _, n := range nickname.Propose(source) {
			if n.Text == never {
				t.Errorf("%s: %s is proposed", source, n.Text)
			}
		}
	}
}
