package providertest_test

import (
	"net/http"
	"net/url"
	"testing"
)

// get asks once, following no redirect.
func get(t *testing.T, address string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// callback asks an authorization endpoint and returns the query that it redirects with.
func callback(t *testing.T, address string) url.Values {
	t.Helper()
	resp := get(t, address)
	u, err := resp.Location()
	if err != nil {
		t.Fatalf("HTTP %d without a redirect", resp.StatusCode)
	}
	return u.Query()
}
