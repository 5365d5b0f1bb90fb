// Package api is what our HTTP APIs share, the window's origin and the directory: the
// status of a code, the description of routes as OpenAPI 3.1 from the Go types that
// answer, so that the two cannot differ, and the page to try them with. What the
// routes are is said by whoever answers them.
package api

import (
	"embed"
	"reflect"
	"strings"
)

// Files are docs.js and docs.css of the page to try routes with; the page's script
// tag names the description in data-description.
//
//go:embed docs.js docs.css
var Files embed.FS

// Parameter describes a required parameter; in is "path" or "query".
func Parameter(in, name string) map[string]any {
	return map[string]any{"name": name, "in": in, "required": true, "schema": map[string]any{"type": "string"}}
}

// OperationID makes an operation's name from its method and path.
func OperationID(method, path string) string {
	id := strings.ToLower(method)
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("/{}.-", r) }) {
		id += strings.ToUpper(part[:1]) + part[1:]
	}
	return id
}

// Content describes a JSON body of v's type.
func Content(v any, schemas map[string]any) map[string]any {
	return map[string]any{"application/json": map[string]any{"schema": Schema(reflect.TypeOf(v), schemas)}}
}

// Schema is the JSON Schema of t. Structs go to schemas under their own name.
func Schema(t reflect.Type, schemas map[string]any) map[string]any {
	switch t.Kind() {
	case reflect.Pointer:
		return Schema(t.Elem(), schemas)
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer", "format": "int64"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": Schema(t.Elem(), schemas)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": Schema(t.Elem(), schemas)}
	case reflect.Struct:
		if schemas[t.Name()] == nil {
			properties, required := map[string]any{}, []string{}
			schemas[t.Name()] = map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
			for _, f := range reflect.VisibleFields(t) {
				name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
				if f.Anonymous || name == "" {
					continue
				}
				properties[name] = Schema(f.Type, schemas)
				if options != "omitempty" {
					required = append(required, name)
				}
			}
			schemas[t.Name()].(map[string]any)["required"] = required
		}
		return map[string]any{"$ref": "#/components/schemas/" + t.Name()}
	}
	panic("api: no schema for " + t.String()) // a body of another kind was added to a table
}
