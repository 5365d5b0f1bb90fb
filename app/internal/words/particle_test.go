package words_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/words"
)

func TestKoreanParticlesFollowTheLastSound(t *testing.T) {
	b, err := os.ReadFile("testdata/particles.json")
	if err != nil {
		t.Fatal(err)
	}
	var table [][]string
	if err := json.Unmarshal(b, &table); err != nil {
		t.Fatal(err)
	}
	written := []string{"을/를", "이/가", "은/는", "과/와", "(으)로"}
	for _, row := range table {
		for i, p := range written {
			got := words.In(app.Korean).Fill("{word}"+p+".", app.Params{"word": row[0]})
			if want := row[1+i] + "."; got != want {
				t.Errorf("%s + %s: got %q, want %q", row[0], p, got, want)
			}
		}
	}
}

func TestAValueIsNeverReadAsAPlaceholder(t *testing.T) {
	got := words.In(app.English).Fill("{a} and {b}, {c} {", app.Params{"a": "{b}", "b": "{a}"})
	if want := "{b} and {a}, {c} {"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNaverIsCalledByItsKoreanName(t *testing.T) {
	w := words.Say(app.Korean, app.CodeProviderUnavailable, app.Params{"provider": "NAVER"})
	if want := "지금은 네이버로 로그인할 수 없습니다."; w.Happened != want {
		t.Errorf("got %q, want %q", w.Happened, want)
	}
	w = words.Say(app.English, app.CodeProviderUnavailable, app.Params{"provider": "NAVER"})
	if !strings.HasPrefix(w.Happened, "NAVER sign-in") {
		t.Errorf("got %q", w.Happened)
	}
}
