package attempt

import (
	"rsc.io/qr"

	"munpae.example/munpae/app/internal/app"
)

// Phase is how far the way through the browser has come.
type Phase string

// The phases. The values leave the process.
const (
	PhaseOpening  Phase = "opening"  // the browser was asked to open
	PhaseOpen     Phase = "open"     // the first hop was requested
	PhaseChecking Phase = "checking" // the provider answered; code exchange and profile
)

// Progress is how far an attempt has come, for the window. It carries no secret.
type Progress struct {
	Phase          Phase
	ExpiresAt      int64        // Unix milliseconds
	Browser        bool         // the way through the browser is open
	BrowserSlow    bool         // no browser arrived after 8 s
	BrowserProblem *app.Problem // the browser could not be opened
	Device         *Device
}

// Device is the way by device code, beside the browser.
type Device struct {
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	// QR is the address as rows of modules, '1' dark and '0' light, with no quiet zone.
	QR        []string     `json:"qr"`
	ExpiresAt int64        `json:"expires_at"` // Unix milliseconds
	Problem   *app.Problem `json:"problem,omitempty"`
}

// shown is what the window shows of a code.
func shown(c app.DeviceCode) *Device {
	address := c.VerificationURIComplete
	if address == "" {
		address = c.VerificationURI
	}
	return &Device{UserCode: c.UserCode, VerificationURI: c.VerificationURI, QR: modules(address), ExpiresAt: c.ExpiresAt.UnixMilli()}
}

// failed is d with what went wrong; d may be nil.
func (d *Device) failed(p *app.Problem) *Device {
	var out Device
	if d != nil {
		out = *d
	}
	out.Problem = p
	return &out
}

// modules draws address as a QR picture: rows of '1' (dark) and '0'.
func modules(address string) []string {
	c, err := qr.Encode(address, qr.M)
	if err != nil {
		return nil
	}
	rows := make([]string, c.Size)
	for y := range rows {
		row := make([]byte, c.Size)
		for x := range row {
			row[x] = '0'
			if c.Black(x, y) {
				row[x] = '1'
			}
		}
		rows[y] = string(row)
	}
	return rows
}
