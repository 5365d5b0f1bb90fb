package launch

import (
	"os"
	"os/exec"

	"munpae.example/munpae/app/internal/app"
)

// relaunch closes everything, starts the program with args and ends this process:
// Windows cannot replace one.
func (p *program) relaunch(args []string) error {
	self, err := os.Executable()
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	p.close()
	p.instance.Close()
	if err := exec.Command(self, args...).Start(); err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	os.Exit(exitOK)
	return nil
}
