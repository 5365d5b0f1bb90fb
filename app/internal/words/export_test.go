package words

import (
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// ZoneOf is zoneOf, and ZoneNameOf zoneName.
var (
	ZoneOf     = zoneOf
	ZoneNameOf = zoneName
)

// ActedOn returns the codes of actions.json.
func ActedOn() []app.Code {
	var codes []app.Code
	for c := range actions() {
		codes = append(codes, c)
	}
	return codes
}

// InZone makes loc the person's own zone during a test.
func InZone(t *testing.T, loc *time.Location) {
	was := zone
	zone = func() *time.Location { return loc }
	t.Cleanup(func() { zone = was })
}
