package app

// Verdict is how a self-test ended.
type Verdict string

// The verdicts. Only Bad makes `munpae doctor` exit 1.
const (
	Good    Verdict = "ok"
	Warning Verdict = "warning"
	Bad     Verdict = "bad"
	Skipped Verdict = "skipped"
)

// Finding is what one self-test found.
type Finding struct {
	// Name is stable: "settings", "profile", "database", "cookie_jar", "keystore",
	// "loopback", "peer_check", "window_address", "<id>_ports", "browser", "webview", "provider_<id>" (which
	// looks at the clock, too).
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Detail says what was found, with figures and file names.
	Detail string `json:"detail"`
	// Advice says what to do about what is not well.
	Advice string `json:"advice,omitempty"`
	// Code is the failure's, or empty.
	Code Code `json:"code,omitempty"`
	// Params are those of Code's sentence.
	Params Params `json:"params,omitempty"`
}
