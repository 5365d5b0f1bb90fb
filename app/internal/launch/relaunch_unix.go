//go:build unix

package launch

import (
	"os"
	"syscall"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop"
)

// relaunch closes everything and replaces the process by a fresh start with the same
// arguments, and more in its environment. It returns only if that failed.
func (p *program) relaunch(env ...string) error {
	self, err := os.Executable()
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	p.close()
	p.instance.Close()
	return app.Fail(app.CodeInternal, syscall.Exec(self, os.Args, append(append(desktop.Inherited(), env...), p.config.HandOver()...)))
}
