// Package darwin holds what a bundle for macOS is made of; these tests read it as far as
// that can be done elsewhere.
package darwin

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// keys reads a property list's outer dictionary: each key with the text of its value, or
// the value's kind where that is empty (true, dict).
func keys(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found := map[string]string{}
	d := xml.NewDecoder(f)
	var open []string // elements around
	var key, text string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			text = ""
		case xml.CharData:
			text += string(e)
		case xml.EndElement:
			open = open[:len(open)-1]
			if !slices.Equal(open, []string{"plist", "dict"}) {
				continue
			}
			text = strings.TrimSpace(text)
			switch {
			case e.Name.Local == "key" && key != "":
				t.Errorf("%s: %s has no value", file, key)
			case e.Name.Local == "key":
				if _, twice := found[text]; twice {
					t.Errorf("%s: %s stands twice", file, text)
				}
				key = text
			case key == "":
				t.Errorf("%s: a %s has no key", file, e.Name.Local)
			case text == "":
				found[key], key = e.Name.Local, ""
			default:
				found[key], key = text, ""
			}
			text = ""
		}
	}
	if key != "" {
		t.Errorf("%s: %s has no value", file, key)
	}
	return found
}

func TestTheBundleSaysWhatMacOSNeeds(t *testing.T) {
	info := keys(t, "Info.plist")
	for key, want := range map[string]string{
		"CFBundlePackageType": "APPL", "CFBundleExecutable": "{{.OutputFilename}}", "CFBundleName": "{{.Info.ProductName}}",
		"CFBundleIdentifier": "munpae.desktop", "CFBundleVersion": "{{.Info.ProductVersion}}", "CFBundleShortVersionString": "{{.Info.ProductVersion}}",
		"CFBundleIconFile": "iconfile", "NSHighResolutionCapable": "true",
		// The window's page is at http://127.0.0.1, and nothing else is asked for without TLS.
		"NSAppTransportSecurity": "dict",
	} {
		if info[key] != want {
			t.Errorf("%s is %q, want %q", key, info[key], want)
		}
	}
	text, err := os.ReadFile("Info.plist")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "NSAllowsArbitraryLoads") {
		t.Error("any address may be asked without TLS")
	}
}

func TestTheBundleAsksForNoEntitlement(t *testing.T) {
	if asked := keys(t, "entitlements.plist"); len(asked) > 0 {
		t.Errorf("it asks for %v", asked)
	}
}
