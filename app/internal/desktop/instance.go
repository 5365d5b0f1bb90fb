package desktop

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrRunning reports that this profile's app is running already, and has been
// asked to come to the front. The second start exits 0.
var ErrRunning = errors.New("desktop: already running")

// ErrUnlockable reports a file system that knows neither kind of lock.
var ErrUnlockable = errors.New("desktop: the file system locks no files")

// Elsewhere reports that this profile's app is open where this start can't show it:
// on another display, or on another computer that shares the folder.
type Elsewhere struct{ Place Place }

// Error says where.
func (e *Elsewhere) Error() string { return "desktop: running elsewhere: " + e.Place.Name() }

// NotAnswering reports that this profile's app is running, but could not be asked to
// come to the front: it hangs, or its file system knows no sockets.
type NotAnswering struct {
	// PID is its process, or 0 where that can't be known for certain.
	PID int
}

// Error says so.
func (e *NotAnswering) Error() string { return "desktop: running, but not answering" }

// answerPatience bounds how long a second start waits for the first, which may
// itself have started a moment ago.
const answerPatience = 5 * time.Second

// acceptAgain is the wait after a connection that could not be taken.
const acceptAgain = 50 * time.Millisecond

// Instance is the one running app of a profile. The lock is the kernel's, so it
// ends with the process, however that ends; the socket only carries a word.
type Instance struct {
	lock    *os.File
	socket  string
	l       net.Listener // nil without a socket
	comfort error        // why

	mu      sync.Mutex
	raise   func(token string)
	early   *string // asked for before there was a window
	leave   func()
	leaving bool // likewise
}

// Acquire takes the profile's lock before anything else of it is opened, and
// listens on socket. If another process holds the lock and its window is where here
// is, that one is raised and the error is ErrRunning; else *Elsewhere or
// *NotAnswering. ErrUnlockable, and errors of package os. D-Bus has no part in it.
//
// Without a socket a second start can't raise this one, and that is all: Comfort
// says why.
func Acquire(lockFile, socket string, here Place) (*Instance, error) {
	lock, err := takeLock(lockFile)
	if errors.Is(err, errLocked) {
		return nil, askToRaise(lockFile, socket, here)
	}
	if err != nil {
		return nil, err
	}
	note(lock, here)
	i := &Instance{lock: lock, socket: socket}
	// Only the holder of the lock may come here: a socket that is there is a dead one's.
	_ = os.Remove(socket)
	if i.l, i.comfort = listenLocal(socket); i.comfort == nil {
		go i.serve()
	}
	return i, nil
}

// Comfort is why a second start can't raise this one, or nil.
func (i *Instance) Comfort() error { return i.comfort }

// OnLeave sets what is done when a start elsewhere is to take over: it must end the
// program in order.
func (i *Instance) OnLeave(f func()) {
	i.mu.Lock()
	early := i.leaving
	i.leave = f
	i.mu.Unlock()
	if early {
		f()
	}
}

// OnRaise sets what a second start does to this one, and does it at once if one
// came already. token is the launcher's activation token, or empty.
func (i *Instance) OnRaise(f func(token string)) {
	i.mu.Lock()
	early := i.early
	i.raise, i.early = f, nil
	i.mu.Unlock()
	if early != nil {
		f(*early)
	}
}

// Close lets others have the profile.
func (i *Instance) Close() {
	if i.l != nil {
		i.l.Close() // removes the socket
	}
	i.lock.Close()
}

func (i *Instance) serve() {
	for {
		c, err := i.l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as no descriptor left, which passes
			time.Sleep(acceptAgain)
			continue
		}
		go func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(answerPatience))
			line, err := bufio.NewReader(io.LimitReader(c, 1<<10)).ReadString('\n')
			word, token, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if err != nil || !i.heed(word, token) {
				return
			}
			_, _ = c.Write([]byte("ok\n"))
		}()
	}
}

// heed does what a second start asks for, or keeps it until that can be done.
func (i *Instance) heed(word, token string) bool {
	i.mu.Lock()
	raise, leave := i.raise, i.leave
	switch {
	case word == "raise" && raise == nil:
		i.early = &token
	case word == "leave" && leave == nil:
		i.leaving = true
	}
	i.mu.Unlock()
	switch word {
	case "raise":
		if raise != nil {
			raise(token)
		}
		return true
	case "leave":
		if leave != nil {
			leave()
		}
		return true
	}
	return false
}

// askToRaise finds out where the running app is and, if that is here, speaks to it.
// It returns ErrRunning when that one has answered.
func askToRaise(lockFile, socket string, here Place) error {
	token := os.Getenv("XDG_ACTIVATION_TOKEN")
	if token == "" {
		token = os.Getenv("DESKTOP_STARTUP_ID")
	}
	if strings.ContainsAny(token, "\r\n") || len(token) > 512 {
		token = ""
	}
	deadline := time.Now().Add(answerPatience)
	for time.Now().Before(deadline) {
		// One that started a moment ago has not said yet where it is.
		if n, ok := noted(lockFile); ok && !n.Place.shows(here) {
			return &Elsewhere{n.Place}
		}
		if said(socket, "raise "+token+"\n", deadline) {
			return ErrRunning
		}
		time.Sleep(50 * time.Millisecond)
	}
	n, _ := noted(lockFile)
	return &NotAnswering{PID: ours(n.PID)}
}

// MoveHere asks the running app to end in order, so that this start can take its
// place, and waits until it has. *NotAnswering.
func MoveHere(lockFile, socket string) error {
	if !said(socket, "leave\n", time.Now().Add(answerPatience)) || !freed(lockFile, endPatience+time.Second) {
		n, _ := noted(lockFile)
		return &NotAnswering{PID: ours(n.PID)}
	}
	return nil
}

// Overcome ends a running app that does not answer, by asking it first, and waits
// until the profile is free. It reports whether it is.
func (e *NotAnswering) Overcome(lockFile string) bool {
	p, err := os.FindProcess(ours(e.PID))
	if e.PID == 0 || err != nil {
		return false
	}
	_ = p.Signal(syscall.SIGTERM)
	if freed(lockFile, 2*time.Second) {
		return true
	}
	_ = p.Kill()
	return freed(lockFile, 2*time.Second)
}

// freed waits until nobody holds the lock.
func freed(lockFile string, patience time.Duration) bool {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		f, err := takeLock(lockFile)
		if err == nil {
			f.Close()
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

func said(socket, line string, deadline time.Time) bool {
	c, err := dialLocal(socket)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(deadline)
	if _, err := c.Write([]byte(line)); err != nil {
		return false
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && answer == "ok\n"
}
