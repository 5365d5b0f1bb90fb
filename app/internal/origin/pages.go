package origin

import (
	"bytes"
	"embed"
	"fmt"
	"html"
	"io/fs"
	"path"
	"strings"

	"munpae.example/munpae/app/internal/api"
)

//go:embed docs
var docs embed.FS

// Where the page is, and the address that trades a boot token for it.
const (
	pagePath  = "/munpae/"
	bootRoute = "/munpae/boot"
)

// page is a file of the front end, held in memory.
type page struct {
	contentType []string
	body        []byte
}

// policy is the Content-Security-Policy of every answer. frame-src 'none' keeps
// frames out, which could reach Wails' message handler under the page's own name
// (docs/security.md#frames-reach-the-bridge). wails serves the two scripts that connect the page to it.
// Text becomes markup through Svelte's own templates alone (Trusted Types).
func policy(wails string) string {
	return "default-src 'none'; script-src 'self' " + wails + "; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; frame-src 'none'; child-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
}

// behindPolicy is that of the program behind: what a page of a built app needs (CSS-in-JS
// writes style elements, which WebKit takes for inline ones even when they are empty), and
// more, by directive, never for frames, objects or the base address, through which a
// page of another's could reach Wails under this origin's name.
func behindPolicy(wails string, more map[string][]string) string {
	text := "default-src 'none'"
	for _, d := range []struct{ name, sources string }{
		{"script-src", "'self' " + wails}, {"style-src", "'self' 'unsafe-inline'"}, {"img-src", "'self' data: blob:"}, {"font-src", "'self' data:"},
		{"connect-src", "'self'"}, {"media-src", "'self' data: blob:"}, {"worker-src", "'self' blob:"}, {"manifest-src", "'self'"},
	} {
		text += "; " + strings.Join(append([]string{d.name, d.sources}, more[d.name]...), " ")
	}
	return text + "; form-action 'self'; frame-src 'none'; child-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
}

// scripts are what a page of the program behind is given before its own: Wails' two,
// and our client. open says that the page is shown without a session, too.
func scripts(wails string, open bool) []byte {
	front := "wall"
	if open {
		front = "open"
	}
	return fmt.Appendf(nil, `<script src="%[1]s/wails/ipc.js"></script><script src="%[1]s/wails/runtime.js"></script><script src="%[2]sclient.js" data-front="%[3]s"></script>`,
		html.EscapeString(wails), pagePath, front)
}

// readPages reads index.html and all of assets/ once: a request is then a look-up
// of its whole path, and no path, however written, reaches a file system.
func readPages(o Options) (map[string]page, error) {
	front, pages := o.Pages, map[string]page{}
	read := func(from fs.FS, name, at string) error {
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		pages[at] = page{contentType(name), body}
		return nil
	}
	if err := read(front, "index.html", pagePath); err != nil {
		return nil, err
	}
	if _, err := fs.Stat(front, "assets"); err == nil {
		err := fs.WalkDir(front, "assets", func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			return read(front, name, pagePath+name)
		})
		if err != nil {
			return nil, err
		}
	}
	if o.Brand.Style != "" || o.Brand.Logo != nil {
		pages[pagePath+"brand.css"] = page{contentType("brand.css"), []byte(o.Brand.css())}
	}
	if o.Brand.Logo != nil {
		pages[pagePath+"logo"] = page{[]string{o.Brand.LogoType}, o.Brand.Logo}
	}
	if o.Behind != nil {
		for _, name := range []string{"client.js", "door.js", "door.html"} {
			if err := read(front, name, pagePath+name); err != nil {
				return nil, err
			}
		}
	}
	if o.Dev {
		if err := read(docs, "docs/index.html", docsPath); err != nil {
			return nil, err
		}
		for _, name := range []string{"docs.js", "docs.css"} {
			if err := read(api.Files, name, docsPath+"/"+name); err != nil {
				return nil, err
			}
		}
	}
	return pages, nil
}

// docsPath is the page of Options.Dev.
const docsPath = pagePath + "docs"

// builtFor is where the built page names Wails' scripts; New puts the real place in.
var builtFor = []byte(`src="wails://wails/`)

// htmlTag is how the built page opens; front writes language and theme into it.
var htmlTag = []byte(`<html lang="ko">`)

// front is the page as the window is to show it now. app says what it stands in front
// of: "" where nothing stands behind, "wall" at an address of the program behind,
// "account" or "guest" at its own, where a guest may turn back.
func (g *Origin) front(app string) page {
	p := g.pages[pagePath]
	theme := ""
	if g.o.Theme != nil {
		theme = g.o.Theme()
	}
	tag := fmt.Appendf(nil, `<html lang="%s" data-theme="%s"`, html.EscapeString(string(g.o.Language())), html.EscapeString(theme))
	if app != "" {
		tag = fmt.Appendf(tag, ` data-app="%s"`, app)
	}
	tag = g.o.Brand.attributes(tag)
	tag = append(tag, '>')
	p.body = g.o.Brand.page(p.body)
	return page{p.contentType, bytes.Replace(p.body, htmlTag, tag, 1)}
}

func contentType(name string) []string {
	t := "application/octet-stream"
	switch strings.ToLower(path.Ext(name)) {
	case ".html":
		t = "text/html; charset=utf-8"
	case ".js", ".mjs":
		t = "text/javascript; charset=utf-8"
	case ".css":
		t = "text/css; charset=utf-8"
	case ".json", ".map":
		t = "application/json; charset=utf-8"
	case ".svg":
		t = "image/svg+xml"
	case ".png":
		t = "image/png"
	case ".jpg", ".jpeg":
		t = "image/jpeg"
	case ".webp":
		t = "image/webp"
	case ".ico":
		t = "image/x-icon"
	case ".woff2":
		t = "font/woff2"
	case ".txt":
		t = "text/plain; charset=utf-8"
	}
	return []string{t}
}
