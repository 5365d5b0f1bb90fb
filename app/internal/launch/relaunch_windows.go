package launch

import (
	"os"
	"os/exec"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop"
)

// relaunch closes everything, starts the program with the same arguments and more
// in its environment, and ends this process:
// Windows cannot replace one.
func (p *program) relaunch(env ...string) error {
	self, err := os.Executable()
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	p.close()
	p.instance.Close()
	if err := (&exec.Cmd{Path: self, Args: os.Args, Env: append(append(desktop.Inherited(), env...), p.config.HandOver()...)}).Start(); err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	os.Exit(0)
	return nil
}
