package providertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Browser is a person's browser without a window: it follows redirects, keeps
// cookies by host (whatever the port, as browsers do), and clicks on pages. Several
// goroutines may use it, as a person has several tabs.
type Browser struct {
	// Language is sent as Accept-Language; empty means ko. Set it before the first use.
	Language string
	client   http.Client
}

// NewBrowser returns a browser with an empty jar. transport is for TLS; nil means a
// plain one that uses no proxy.
func NewBrowser(transport http.RoundTripper) *Browser {
	if transport == nil {
		transport = &http.Transport{DisableKeepAlives: true}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no error to return
	}
	b := &Browser{}
	b.client = http.Client{
		Transport: transport,
		Jar:       jar,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= 20 {
				return errors.New("providertest: too many redirects")
			}
			if last := via[len(via)-1]; r.Header.Get("Sec-Fetch-Site") == "same-origin" && origin(last.URL) != origin(r.URL) {
				r.Header.Set("Sec-Fetch-Site", siteOf(last.URL, r.URL))
			}
			return nil
		},
	}
	return b
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// siteOf is the value of Sec-Fetch-Site; a site has no port.
func siteOf(from, to *url.URL) string {
	switch {
	case origin(from) == origin(to):
		return "same-origin"
	case from.Scheme == to.Scheme && from.Hostname() == to.Hostname():
		return "same-site"
	}
	return "cross-site"
}

// Cookies are those that the browser would send to address.
func (b *Browser) Cookies(address string) []*http.Cookie {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return b.client.Jar.Cookies(u)
}

// Visit opens address as if it were typed or handed over by the app, and returns
// the page at the end of the redirects. A page with a 4xx or 5xx status is no error.
func (b *Browser) Visit(ctx context.Context, address string) (Page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Page{}, fmt.Errorf("providertest: %w", err)
	}
	return b.open(r, "none")
}

func (b *Browser) open(r *http.Request, site string) (Page, error) {
	language := b.Language
	if language == "" {
		language = "ko"
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("Accept-Language", language)
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) providertest")
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-User", "?1")
	r.Header.Set("Sec-Fetch-Site", site)
	r.Header.Set("Upgrade-Insecure-Requests", "1")
	resp, err := b.client.Do(r)
	if err != nil {
		return Page{}, fmt.Errorf("providertest: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return Page{}, fmt.Errorf("providertest: %w", err)
	}
	return Page{URL: resp.Request.URL, Status: resp.StatusCode, Header: resp.Header, Body: body, browser: b}, nil
}

// Page is what the browser shows.
type Page struct {
	URL    *url.URL // where the redirects ended
	Status int
	Header http.Header
	Body   []byte

	browser *Browser
	filled  map[string]string
}

// Text is the visible text, runs of blanks made one.
func (p Page) Text() string {
	root, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return ""
	}
	return innerText(root)
}

func innerText(n *html.Node) string {
	var parts []string
	for d := range n.Descendants() {
		if d.Type != html.TextNode {
			continue
		}
		if n := d.Parent; n != nil && slices.Contains([]string{"style", "script", "title", "noscript"}, n.Data) {
			continue
		}
		parts = append(parts, d.Data)
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// Buttons are the texts of the page's buttons and links, in order.
func (p Page) Buttons() []string {
	var names []string
	p.controls(func(n *html.Node) bool {
		names = append(names, innerText(n))
		return false
	})
	return names
}

// controls calls f for every button and link until it returns true.
func (p Page) controls(f func(*html.Node) bool) {
	root, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (n.Data == "button" || n.Data == "a" && attribute(n, "href") != "") && f(n) {
			return
		}
	}
}

// Fill returns the page with the form field called name holding value ("1" ticks a
// checkbox).
func (p Page) Fill(name, value string) Page {
	filled := map[string]string{name: value}
	for k, v := range p.filled {
		if k != name {
			filled[k] = v
		}
	}
	p.filled = filled
	return p
}

// Click follows the link, or submits the form of the button, whose text is name.
func (p Page) Click(ctx context.Context, name string) (Page, error) {
	var found *html.Node
	p.controls(func(n *html.Node) bool {
		if innerText(n) == name {
			found = n
		}
		return found != nil
	})
	if found == nil {
		return Page{}, fmt.Errorf("providertest: no %q on the page; there are %q", name, p.Buttons())
	}
	if found.Data == "a" {
		return p.follow(ctx, http.MethodGet, attribute(found, "href"), nil)
	}
	form := found
	for form != nil && form.Data != "form" {
		form = form.Parent
	}
	if form == nil {
		return Page{}, fmt.Errorf("providertest: the button %q belongs to no form", name)
	}
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" || attribute(n, "name") == "" {
			continue
		}
		field := attribute(n, "name")
		value, typed := p.filled[field]
		if !typed {
			if attribute(n, "type") == "checkbox" {
				continue
			}
			value = attribute(n, "value")
		}
		values.Add(field, value)
	}
	if field := attribute(found, "name"); field != "" {
		values.Add(field, attribute(found, "value"))
	}
	return p.follow(ctx, strings.ToUpper(attribute(form, "method")), attribute(form, "action"), values)
}

func (p Page) follow(ctx context.Context, method, address string, values url.Values) (Page, error) {
	u, err := p.URL.Parse(address)
	if err != nil {
		return Page{}, fmt.Errorf("providertest: %w", err)
	}
	var body io.Reader
	switch {
	case method == http.MethodPost:
		body = strings.NewReader(values.Encode())
	case values != nil:
		u.RawQuery = values.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return Page{}, fmt.Errorf("providertest: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", origin(p.URL))
	}
	return p.browser.open(r, siteOf(p.URL, u))
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
