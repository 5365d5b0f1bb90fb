package munpae

import (
	"fmt"
	"strings"
)

// checkReserved refuses names that would reserve nothing.
func checkReserved(names []string) error {
	for _, n := range names {
		if strings.TrimSpace(n) == "" {
			return fmt.Errorf("Options.Reserved has %q, which is no name", n)
		}
	}
	return nil
}
