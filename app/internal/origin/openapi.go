package origin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"munpae.example/munpae/app/internal/api"
	"munpae.example/munpae/app/internal/app"
)

// openAPI describes the routes as OpenAPI 3.1, made from the same table and the
// same Go types that answer, so that the two cannot differ.
func openAPI(routes []route) ([]byte, error) {
	schemas := map[string]any{}
	paths := pagePaths(schemas)
	for _, rt := range routes {
		operation := map[string]any{"summary": rt.summary, "operationId": api.OperationID(rt.method, rt.path), "responses": responses(rt, schemas)}
		security := []string{"boot"}
		switch {
		case rt.path == refreshPath:
			security = append(security, "refresh")
		case rt.signedIn:
			security = append(security, "access")
		}
		needs := map[string]any{}
		for _, s := range security {
			needs[s] = []string{}
		}
		operation["security"] = []any{needs}
		if i := strings.IndexByte(rt.path, '{'); i >= 0 {
			operation["parameters"] = []any{api.Parameter("path", strings.Trim(rt.path[i:], "{}"))}
		}
		if rt.method != http.MethodGet {
			takes := rt.answer.takes
			if takes == nil {
				takes = Nothing{}
			}
			operation["requestBody"] = map[string]any{"required": rt.answer.takes != nil && !rt.answer.optional, "content": api.Content(takes, schemas)}
		}
		if paths[rt.path] == nil {
			paths[rt.path] = map[string]any{}
		}
		paths[rt.path][strings.ToLower(rt.method)] = operation
	}
	cookie := func(name string) map[string]any {
		return map[string]any{"type": "apiKey", "in": "cookie", "name": name}
	}
	return json.Marshal(map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Munpae", "version": "1",
			"description": "What the window asks of the app. All times are Unix milliseconds. A request that changes something needs Origin to be this origin and Content-Type application/json.",
		},
		"paths": paths,
		"components": map[string]any{
			"schemas":         schemas,
			"securitySchemes": map[string]any{"boot": cookie(bootCookie), "access": cookie(accessCookie), "refresh": cookie(refreshCookie)},
		},
	})
}

// pagePaths describes what answers with a file: the boot link, the page and what it
// loads.
func pagePaths(schemas map[string]any) map[string]map[string]any {
	file := func(id, summary, mediaType string, security []any, parameters ...any) map[string]any {
		operation := map[string]any{"operationId": id, "summary": summary, "security": security, "responses": map[string]any{
			"200":     map[string]any{"description": "OK", "content": map[string]any{mediaType: map[string]any{"schema": map[string]any{"type": "string"}}}},
			"403":     failure(string(app.CodeForbidden), schemas),
			"default": failure(anyOther, schemas),
		}}
		if parameters != nil {
			operation["parameters"] = parameters
		}
		return map[string]any{"get": operation}
	}
	boot := []any{map[string]any{"boot": []string{}}}
	return map[string]map[string]any{
		bootRoute:                  file("getBoot", "The page, and the boot cookie, for a one-time token that is younger than a minute.", "text/html", []any{}, api.Parameter("query", "t")),
		pagePath:                   file("getPage", "The page.", "text/html", boot),
		pagePath + "assets/{file}": file("getAssets", "What the page loads.", "*/*", boot, api.Parameter("path", "file")),
	}
}

// anyOther describes the failures that no route names: another Host, another method.
const anyOther = "Any other failure."

func failure(description string, schemas map[string]any) map[string]any {
	return map[string]any{"description": description, "content": api.Content(ErrorAnswer{}, schemas)}
}

// responses lists the answer and every failure, by status.
func responses(rt route, schemas map[string]any) map[string]any {
	answer := map[string]any{"description": http.StatusText(rt.status)}
	switch {
	case rt.gives != nil:
		answer["content"] = api.Content(rt.gives, schemas)
	case rt.status == http.StatusOK:
		answer["content"] = map[string]any{"application/json": map[string]any{"schema": map[string]any{"type": "object"}}}
	}
	out := map[string]any{strconv.Itoa(rt.status): answer}

	codes := append([]app.Code{app.CodeForbidden, app.CodeAmbiguousCookie, app.CodeBadRequest, app.CodeInternal}, rt.codes...)
	if rt.method != http.MethodGet {
		codes = append(codes, app.CodeMediaType, app.CodeBodyTooLarge)
	}
	if rt.signedIn {
		codes = append(codes, sessionCodes...)
	}
	if rt.gives != nil || rt.status != http.StatusOK { // all but this description
		codes = append(codes, faultCodes...)
	}
	byStatus := map[int][]string{}
	for _, c := range codes {
		if st := api.Status(c); !slices.Contains(byStatus[st], string(c)) {
			byStatus[st] = append(byStatus[st], string(c))
		}
	}
	for st, names := range byStatus {
		slices.Sort(names)
		out[strconv.Itoa(st)] = failure(strings.Join(names, ", "), schemas)
	}
	out["default"] = failure(anyOther, schemas)
	return out
}
