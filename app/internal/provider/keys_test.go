package provider_test

import (
	"context"
	"net/http"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

// CF-09: a made-up code tells right keys from wrong ones, and is sent once.
func TestCF09_AProviderIsAskedWhetherItKnowsTheKeys(t *testing.T) {
	for _, c := range []struct {
		id     string
		status int
		body   string
		want   app.Code
	}{
		{"github", 200, `{"error":"bad_verification_code"}`, ""},
		{"github", 200, `{"error":"incorrect_client_credentials"}`, app.CodeKeysRefused},
		{"github", 404, `{"error":"Not Found"}`, app.CodeKeysRefused},
		{"github", 503, `{}`, app.CodeProviderServerError},
		{"github", 200, `<html>sign in to this network</html>`, app.CodeCaptivePortal},
		{"naver", 200, `{"error":"invalid_request","error_description":"no valid data in session"}`, ""},
		{"naver", 200, `{"error":"invalid_request","error_description":"wrong client id / client secret pair"}`, app.CodeKeysRefused},
		{"naver", 401, `{"error":"unauthorized_client"}`, app.CodeKeysRefused},
		{"naver", 429, `{}`, app.CodeRateLimited},
	} {
		route := map[string]string{"github": githubToken, "naver": naverToken}[c.id]
		s := serve(t, map[string]http.HandlerFunc{route: answers(c.status, c.body)})
		var p provider.Provider
		if p = github(t, s.URL, provider.Client{}); c.id == "naver" {
			p = naver(t, s.URL, provider.Client{})
		}
		err := provider.CheckKeys(context.Background(), p)
		if app.CodeOf(err) != c.want {
			t.Errorf("%s, %d %s: %v, want %s", c.id, c.status, c.body, err, c.want)
		}
		if c.want == app.CodeKeysRefused && app.ParamsOf(err)["provider"] != p.Describe().Name {
			t.Errorf("%s: %v", c.id, app.ParamsOf(err))
		}
		asked := s.asked(route)
		if len(asked) != 1 || asked[0].form.Get("client_secret") != secret {
			t.Errorf("%s was asked %d times", c.id, len(asked))
		}
	}
}
