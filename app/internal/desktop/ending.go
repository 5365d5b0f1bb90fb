package desktop

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// endPatience is more than closing everything may take.
const endPatience = 8 * time.Second

// onEnding calls quit at the first signal that asks the program to end: Ctrl+C, a
// log-out, a closed terminal (unless nohup has that ignored), or what comes by asked
// from elsewhere. One that comes before opened is closed waits for it. More of them
// change nothing, since they often come in twos, from a terminal and its shell; a
// process that has not ended by itself after endPatience ends where it stands. alone
// takes the signals from whoever else has asked for them meanwhile: Wails has, and
// writes on the terminal.
func onEnding(asked chan os.Signal, opened <-chan struct{}, quit func(os.Signal)) (alone func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	signal.Notify(asked, signals...)
	go func() {
		s := <-asked
		time.AfterFunc(endPatience, func() { os.Exit(1) })
		<-opened
		quit(s)
	}()
	return func() {
		signal.Reset(signals...)
		signal.Notify(asked, signals...)
	}
}
