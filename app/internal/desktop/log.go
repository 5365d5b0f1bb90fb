package desktop

import (
	"log/slog"
	"os"
)

// wailsLog writes Wails' messages into our log: refused callers of bound methods
// among them.
type wailsLog struct{ log *slog.Logger }

func (l wailsLog) Print(m string)   { l.log.Info(m, "from", "wails") }
func (l wailsLog) Trace(string)     {} // holds whole calls
func (l wailsLog) Debug(m string)   { l.log.Debug(m, "from", "wails") }
func (l wailsLog) Info(m string)    { l.log.Info(m, "from", "wails") }
func (l wailsLog) Warning(m string) { l.log.Warn(m, "from", "wails") }
func (l wailsLog) Error(m string)   { l.log.Error(m, "from", "wails") }
func (l wailsLog) Fatal(m string) {
	l.log.Error(m, "from", "wails")
	os.Exit(1)
}
