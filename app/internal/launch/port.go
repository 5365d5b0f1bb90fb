package launch

import (
	"os"
	"strconv"
	"strings"
)

// What a page stores belongs to its origin, and so to its port.

// keptPort is the port in the file at path, 0 where there is none that can be used.
func keptPort(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	port, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 16)
	if err != nil || port < 1024 {
		return 0
	}
	return int(port)
}

// keepPort writes it.
func keepPort(path string, port int) error {
	return os.WriteFile(path, []byte(strconv.Itoa(port)+"\n"), 0o600)
}
