package origin_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
)

// description is openapi.json, as far as the tests read it.
type description struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	Responses   map[string]response
	Parameters  []struct{ Name, In string }
	RequestBody *struct{ Required bool }
}

type response struct {
	Description string
	Content     map[string]struct{ Schema schema }
}

// schema is a JSON Schema of the kinds that the description is made of.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 string
	Properties           map[string]schema
	Required             []string
	Items                *schema
	AdditionalProperties json.RawMessage
}

// fault says where v is not what s describes, or nothing.
func (d description) fault(s schema, v any, at string) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.fault(d.Components.Schemas[name], v, at)
	}
	switch s.Type {
	case "string":
		if _, ok := v.(string); ok {
			return ""
		}
	case "boolean":
		if _, ok := v.(bool); ok {
			return ""
		}
	case "integer":
		if n, ok := v.(json.Number); ok {
			if _, err := n.Int64(); err == nil {
				return ""
			}
		}
	case "array":
		if list, ok := v.([]any); ok {
			for i, item := range list {
				if f := d.fault(*s.Items, item, at+"["+strconv.Itoa(i)+"]"); f != "" {
					return f
				}
			}
			return ""
		}
	case "object":
		fields, ok := v.(map[string]any)
		if !ok {
			break
		}
		for _, name := range s.Required {
			if _, ok := fields[name]; !ok {
				return at + "." + name + " is missing"
			}
		}
		for name, field := range fields {
			of, known := s.Properties[name]
			if !known {
				switch string(s.AdditionalProperties) {
				case "false":
					return at + "." + name + " is not described"
				case "":
					continue
				}
				if err := json.Unmarshal(s.AdditionalProperties, &of); err != nil {
					return err.Error()
				}
			}
			if f := d.fault(of, field, at+"."+name); f != "" {
				return f
			}
		}
		return ""
	}
	return fmt.Sprintf("%s is %v, not of type %q", at, v, s.Type)
}

// conforms checks an answer against the operation: its status, its media type, its
// body, and that a failure's code is named where its status is.
func (d description) conforms(t *testing.T, what string, o operation, a answer) {
	t.Helper()
	r, ok := o.Responses[strconv.Itoa(a.status)]
	if !ok {
		if r, ok = o.Responses["default"]; !ok || a.status < 400 {
			t.Errorf("%s: %d is not described", what, a.status)
			return
		}
	} else if code := string(a.code()); a.status >= 400 && !slices.Contains(strings.Split(r.Description, ", "), code) {
		t.Errorf("%s: %d with code %q, described as %q", what, a.status, code, r.Description)
	}
	if len(r.Content) == 0 {
		if a.body != "" {
			t.Errorf("%s: %d with a body that is not described: %s", what, a.status, a.body)
		}
		return
	}
	mediaType, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	media, ok := r.Content[mediaType]
	if !ok {
		if media, ok = r.Content["*/*"]; !ok {
			t.Errorf("%s: %d of type %q, described as %v", what, a.status, mediaType, slices.Collect(maps.Keys(r.Content)))
			return
		}
	}
	var v any = a.body
	if mediaType == "application/json" {
		decoder := json.NewDecoder(strings.NewReader(a.body))
		decoder.UseNumber()
		if err := decoder.Decode(&v); err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
	}
	if f := d.fault(media.Schema, v, "body"); f != "" {
		t.Errorf("%s: %d: %s", what, a.status, f)
	}
}

func (w *world) description() description {
	w.t.Helper()
	var d description
	if err := json.Unmarshal([]byte(w.window("GET", "/munpae/openapi.json", "").body), &d); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// everyMethod names what the routes ask of the use cases after Resume.
var everyMethod = []string{
	"Claim", "Refresh", "SignOut", "Rename", "DeleteAccount", "Sessions", "EndSession", "EndOtherSessions", "Identities", "Link", "Unlink", "Merge", "Unmerge", "Merges", "Events", "FormerNicknames",
	"Nameplates", "SwitchTo", "SignOutOf", "SignOutAll",
}

func TestEveryAnswerIsAsOpenAPIDescribesIt(t *testing.T) {
	d := serve(t, several).description()
	values := strings.NewReplacer("{id}", "s2", "{userID}", "u2", "{provider}", "naver", "{file}", "index-a1b2.js", "{code}", "session_none")
	for path, operations := range d.Paths {
		for method, o := range operations {
			method := strings.ToUpper(method)
			path := values.Replace(path)
			t.Run(method+" "+path, func(t *testing.T) {
				w := serve(t, several)
				body := ""
				if o.RequestBody != nil {
					body = "{}"
					if o.RequestBody.Required {
						body = `{"nickname":"새이름"}`
					}
				}
				cookies := []string{signedIn, "munpae_refresh=refresh-1"}
				send := func(what, body string, change func(*http.Request), cookies ...string) {
					t.Helper()
					req := w.asWindow(method, path, body, cookies...)
					if change != nil {
						change(req)
					}
					d.conforms(t, what, o, w.send(req))
				}
				send("all is well", body, nil, cookies...)
				if path == "/munpae/boot" {
					return
				}
				send("nobody is signed in", body, nil)
				send("a stranger", body, func(r *http.Request) { r.Header.Del("Cookie") })
				send("a cookie twice", body, nil, "munpae_access=a", "munpae_access=b")
				send("another host", body, func(r *http.Request) { r.Host = "evil.example" })
				if method != http.MethodGet {
					send("another origin", body, func(r *http.Request) { r.Header.Set("Origin", "null") }, cookies...)
					send("another media type", body, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, cookies...)
					send("no JSON", "{", nil, cookies...)
					send("too much", strings.Repeat(" ", 64<<10+1), nil, cookies...)
				}

				// Each code that is described is answered where it is described.
				for status, r := range o.Responses {
					if status < "400" || status == "default" {
						continue
					}
					for code := range strings.SplitSeq(r.Description, ", ") {
						for _, failing := range [][]string{{"Resume", "Claim", "Refresh", "SignOut"}, everyMethod} {
							for _, m := range failing {
								w.uses.fail(m, app.Fail(app.Code(code), nil))
							}
							send(code, body, nil, cookies...)
							for _, m := range failing {
								w.uses.fail(m, nil)
							}
						}
					}
				}
			})
		}
	}
}
