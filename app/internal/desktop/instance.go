package desktop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// ErrRunning reports that this profile's app is running already, and has been
// asked to come to the front. The second start exits 0.
var ErrRunning = errors.New("desktop: already running")

// ErrNotAnswering reports that this profile's app is running, but could not be
// asked to come to the front.
var ErrNotAnswering = errors.New("munpae: it is running already, but does not answer: close it, or end its process")

// answerPatience bounds how long a second start waits for the first, which may
// itself have started a moment ago.
const answerPatience = 5 * time.Second

// acceptAgain is the wait after a connection that could not be taken.
const acceptAgain = 50 * time.Millisecond

// Instance is the one running app of a profile. The lock is the kernel's, so it
// ends with the process, however that ends; the socket only carries a word.
type Instance struct {
	lock   *os.File
	socket string
	l      net.Listener

	mu    sync.Mutex
	raise func(token string)
	early *string // asked for before there was a window
}

// Acquire takes the profile's lock before anything else of it is opened, and
// listens on socket. If another process holds the lock, that one is raised and
// the error is ErrRunning, or ErrNotAnswering. D-Bus has no part in it.
func Acquire(lockFile, socket string) (*Instance, error) {
	lock, err := takeLock(lockFile)
	if errors.Is(err, errLocked) {
		return nil, askToRaise(socket)
	}
	if err != nil {
		return nil, fmt.Errorf("munpae: the lock of the profile can't be taken: %w", err)
	}
	i := &Instance{lock: lock, socket: socket}
	// Only the holder of the lock may come here: a socket that is there is a dead one's.
	_ = os.Remove(socket)
	if i.l, err = listenUnix(socket); err != nil {
		lock.Close()
		return nil, fmt.Errorf("munpae: a second start could not reach this one: %w", err)
	}
	go i.serve()
	return i, nil
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

// Close gives the profile free.
func (i *Instance) Close() {
	i.l.Close() // removes the socket
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
			if err != nil || word != "raise" {
				return
			}
			i.mu.Lock()
			f := i.raise
			if f == nil {
				i.early = &token
			}
			i.mu.Unlock()
			if f != nil {
				f(token)
			}
			_, _ = c.Write([]byte("ok\n"))
		}()
	}
}

// askToRaise speaks to the running app. It returns ErrRunning when that one has
// answered.
func askToRaise(socket string) error {
	token := os.Getenv("XDG_ACTIVATION_TOKEN")
	if token == "" {
		token = os.Getenv("DESKTOP_STARTUP_ID")
	}
	if strings.ContainsAny(token, "\r\n") || len(token) > 512 {
		token = ""
	}
	deadline := time.Now().Add(answerPatience)
	for time.Now().Before(deadline) {
		if said(socket, "raise "+token+"\n", deadline) {
			return ErrRunning
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ErrNotAnswering
}

func said(socket, line string, deadline time.Time) bool {
	c, err := dialUnix(socket)
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
