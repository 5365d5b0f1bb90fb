package desktop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// startedWith is the environment that this process was given.
var startedWith = os.Environ()

// Inherited returns the environment that this process was given, less what it has unset
// since. What it sets for itself, for GTK and the webview, is nobody else's, not even a
// fresh start's in its place.
func Inherited() []string {
	return slices.DeleteFunc(slices.Clone(startedWith), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		_, still := os.LookupEnv(name)
		return !still
	})
}

// environment is the person's own: start without our settings, whose names begin with
// settings, and without what the package that this program came in has set for what is
// inside. A snap, an AppImage or a Flatpak points libraries, plugins and data at its own
// files; a browser from outside breaks on them.
func environment(start []string, settings string) []string {
	values := map[string]string{}
	for _, v := range start {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	var inside []string // folders of the package
	for _, name := range []string{"APPDIR", "SNAP", "SNAP_DATA", "SNAP_COMMON", "SNAP_USER_DATA", "SNAP_USER_COMMON"} {
		if dir := values[name]; filepath.IsAbs(dir) && filepath.Clean(dir) != "/" {
			inside = append(inside, filepath.Clean(dir))
		}
	}
	if values["FLATPAK_ID"] != "" {
		inside = append(inside, "/app")
	}
	var kept []string
	for _, v := range start {
		name, value, _ := strings.Cut(v, "=")
		switch {
		case strings.HasPrefix(name, settings), isPackages(name):
			continue
		case name == "HOME" && values["SNAP_REAL_HOME"] != "":
			value = values["SNAP_REAL_HOME"]
		case len(inside) > 0:
			if own, ok := original(values, name); ok {
				value = own
			} else if value = outside(value, inside); value == "" && v != name+"=" {
				continue // it pointed nowhere else
			}
		}
		kept = append(kept, name+"="+value)
	}
	return kept
}

// isPackages reports whether a variable describes the package alone.
func isPackages(name string) bool {
	return name == "SNAP" || strings.HasPrefix(name, "SNAP_") || strings.HasPrefix(name, "FLATPAK_") ||
		slices.Contains([]string{"APPDIR", "APPIMAGE", "ARGV0", "OWD", "APPIMAGE_UUID"}, name) ||
		strings.HasPrefix(name, "APPIMAGE_ORIGINAL_") || strings.HasPrefix(name, "APPRUN_ORIGINAL_")
}

// original is what a variable was before an AppImage changed it, where its start keeps that.
func original(values map[string]string, name string) (string, bool) {
	for _, prefix := range []string{"APPIMAGE_ORIGINAL_", "APPRUN_ORIGINAL_"} {
		if v, ok := values[prefix+name]; ok {
			return v, true
		}
	}
	return "", false
}

// outside is a list of paths, or one, without those inside the package.
func outside(value string, inside []string) string {
	parts := strings.Split(value, ":")
	kept := slices.DeleteFunc(slices.Clone(parts), func(p string) bool {
		return slices.ContainsFunc(inside, func(dir string) bool {
			return p == dir || strings.HasPrefix(filepath.Clean(p), dir+"/")
		})
	})
	if len(kept) == len(parts) {
		return value
	}
	return strings.Join(slices.DeleteFunc(kept, func(p string) bool { return p == "" }), ":")
}
