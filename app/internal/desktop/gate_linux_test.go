package desktop

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every function that Wails' own bindings for a page list, and sends something, has its
// name here: one that an update brings is missing in nobody's list.
func TestTheRuntimesFunctionsAreThoseOfWails(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/wailsapp/wails/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal/frontend/runtime/wrapper/runtime.js"))
	if err != nil {
		t.Fatal(err)
	}
	// Which of them stay in the page: they send nothing, or by another that is listed.
	inPage := []string{"EventsOn", "EventsOnMultiple", "EventsOnce", "EventsOffAll", "WindowReload", "OnFileDrop", "OnFileDropOff", "CanResolveFilePaths", "ResolveFilePaths"}
	all := regexp.MustCompile(`(?m)^export function (\w+)\(`).FindAllStringSubmatch(string(data), -1)
	if len(all) == 0 {
		t.Fatal("Wails writes its functions otherwise now")
	}
	for _, m := range all {
		if m[1] == "LogFatal" { // it ends the program, and passes for nobody
			continue
		}
		if !slices.Contains(inPage, m[1]) && CheckRuntime([]string{m[1]}) != nil {
			t.Errorf("Wails has %s, which no program could allow", m[1])
		}
	}
}
