package desktop

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/windows"

	"munpae.example/munpae/app/internal/files"
)

// SECURITY_IDENTIFICATION of <winbase.h>: who serves the pipe learns who asks, and can do
// nothing in their name.
const securityIdentification = 0x00010000

// pipeBuffer is more than the longest word that is passed.
const pipeBuffer = 4096

// errStranger reports a pipe of our name that another user serves.
var errStranger = errors.New("the pipe is another user's")

// pipeName is the name of the pipe that stands for the socket at path: the names are one
// space for the whole computer, and know no folders.
func pipeName(path string) (*uint16, error) {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	sum := sha256.Sum256([]byte(strings.ToLower(path)))
	return windows.UTF16PtrFromString(`\\.\pipe\munpae-` + hex.EncodeToString(sum[:16]))
}

// listenLocal serves a pipe that lets in this user and nobody of the network. Another
// program's that has the name already is an error.
func listenLocal(path string) (net.Listener, error) {
	name, err := pipeName(path)
	if err != nil {
		return nil, err
	}
	user, err := files.UserOf(windows.CurrentProcess())
	if err != nil {
		return nil, err
	}
	d, err := windows.SecurityDescriptorFromString("D:P(A;;GA;;;" + user.String() + ")")
	if err != nil {
		return nil, err
	}
	l := &pipeListener{name: name, path: path, user: d}
	if l.next, err = l.instance(windows.FILE_FLAG_FIRST_PIPE_INSTANCE); err != nil {
		return nil, fmt.Errorf("CreateNamedPipe: %w", err)
	}
	if l.closed, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		windows.CloseHandle(l.next)
		return nil, err
	}
	return l, nil
}

// dialLocal connects to the pipe at path if this user serves it.
func dialLocal(path string) (net.Conn, error) {
	name, err := pipeName(path)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|securityIdentification, 0)
	if err != nil {
		return nil, err
	}
	pid, err := servedByThisUser(h)
	if err != nil {
		windows.CloseHandle(h)
		return nil, err
	}
	// The person has just started this process, and so it may hand on the right to come to
	// the front; without it the other's window would only blink in the task bar.
	_, _, _ = allowSetForegroundWindow.Call(uintptr(pid))
	return &pipe{handle: h, path: pipeAddr(path)}, nil
}

var allowSetForegroundWindow = windows.NewLazySystemDLL("user32.dll").NewProc("AllowSetForegroundWindow")

// servedByThisUser returns the process that serves the pipe, if it is this user's.
func servedByThisUser(h windows.Handle) (pid uint32, err error) {
	if err := windows.GetNamedPipeServerProcessId(h, &pid); err != nil {
		return 0, err
	}
	process, err := ofThisUser(pid)
	if err != nil {
		return 0, err
	}
	return pid, windows.CloseHandle(process)
}

// ofThisUser opens that process to look at it: errStranger if it is not this user's, or
// can't be looked at.
func ofThisUser(pid uint32) (windows.Handle, error) {
	us, err := files.UserOf(windows.CurrentProcess())
	if err != nil {
		return 0, err
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return 0, errStranger
	}
	if them, err := files.UserOf(process); err != nil || !them.Equals(us) {
		windows.CloseHandle(process)
		return 0, errStranger
	}
	return process, nil
}

// pipeListener always has one instance of its pipe that nobody is connected to, so that
// the name stays ours.
type pipeListener struct {
	name *uint16
	path string
	user *windows.SECURITY_DESCRIPTOR

	closed windows.Handle // an event

	accepting sync.Mutex     // held by Accept; guards next
	next      windows.Handle // 0 once it is closed
}

func (l *pipeListener) instance(flags uint32) (windows.Handle, error) {
	return windows.CreateNamedPipe(l.name, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|flags,
		windows.PIPE_TYPE_BYTE|windows.PIPE_READMODE_BYTE|windows.PIPE_WAIT|windows.PIPE_REJECT_REMOTE_CLIENTS,
		windows.PIPE_UNLIMITED_INSTANCES, pipeBuffer, pipeBuffer, 0, &windows.SecurityAttributes{SecurityDescriptor: l.user})
}

// Accept implements net.Listener, for one goroutine.
func (l *pipeListener) Accept() (net.Conn, error) {
	l.accepting.Lock()
	defer l.accepting.Unlock()
	for {
		h := l.next
		if h == 0 {
			return nil, net.ErrClosed
		}
		_, err := overlapped(h, l.closed, windows.INFINITE, func(o *windows.Overlapped) error { return windows.ConnectNamedPipe(h, o) })
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		next, failed := l.instance(0)
		if failed != nil {
			_ = windows.DisconnectNamedPipe(h) // and h is waited on again
			return nil, failed
		}
		l.next = next
		if err != nil && !errors.Is(err, windows.ERROR_PIPE_CONNECTED) { // who came has gone
			windows.CloseHandle(h)
			continue
		}
		return &pipe{handle: h, path: pipeAddr(l.path), serves: true}, nil
	}
}

// Close implements net.Listener. The name is free when it returns, but for connections that
// still are.
func (l *pipeListener) Close() error {
	_ = windows.SetEvent(l.closed) // which is the process's: Accept may be called at any time
	l.accepting.Lock()
	defer l.accepting.Unlock()
	if l.next != 0 {
		windows.CloseHandle(l.next)
		l.next = 0
	}
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return pipeAddr(l.path) }

type pipeAddr string

// Network implements net.Addr.
func (pipeAddr) Network() string { return "pipe" }

// String implements net.Addr.
func (a pipeAddr) String() string { return string(a) }

// pipe is a connection by one.
type pipe struct {
	handle   windows.Handle
	path     pipeAddr
	serves   bool
	deadline atomic.Int64 // Unix nanoseconds, or 0
	once     sync.Once
}

// overlapped starts an operation on h and waits for its end: net.ErrClosed when the event
// closed (0: none) comes first, os.ErrDeadlineExceeded after so many milliseconds.
func overlapped(h, closed windows.Handle, milliseconds uint32, start func(*windows.Overlapped) error) (n uint32, err error) {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return 0, err
	}
	defer windows.CloseHandle(event)
	o := &windows.Overlapped{HEvent: event}
	if err := start(o); err != nil && !errors.Is(err, windows.ERROR_IO_PENDING) {
		return 0, err
	}
	waits := []windows.Handle{event}
	if closed != 0 {
		waits = append(waits, closed)
	}
	which, err := windows.WaitForMultipleObjects(waits, false, milliseconds)
	switch {
	case err != nil:
	case which == windows.WAIT_OBJECT_0+1:
		err = net.ErrClosed
	case which == uint32(windows.WAIT_TIMEOUT):
		err = os.ErrDeadlineExceeded
	}
	if err != nil { // the kernel writes to o until it has ended
		_ = windows.CancelIoEx(h, o)
		_ = windows.GetOverlappedResult(h, o, &n, true)
		return 0, err
	}
	err = windows.GetOverlappedResult(h, o, &n, false)
	return n, err
}

func (p *pipe) patience() uint32 {
	at := p.deadline.Load()
	if at == 0 {
		return windows.INFINITE
	}
	return uint32(max(time.Until(time.Unix(0, at)).Milliseconds(), 0))
}

// Read implements net.Conn.
func (p *pipe) Read(b []byte) (int, error) {
	own := make([]byte, min(len(b), pipeBuffer))
	n, err := overlapped(p.handle, 0, p.patience(), func(o *windows.Overlapped) error { return windows.ReadFile(p.handle, own, nil, o) })
	if errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_PIPE_NOT_CONNECTED) {
		err = io.EOF
	}
	return copy(b, own[:n]), err
}

// Write implements net.Conn.
func (p *pipe) Write(b []byte) (int, error) {
	own := append([]byte(nil), b...)
	n, err := overlapped(p.handle, 0, p.patience(), func(o *windows.Overlapped) error { return windows.WriteFile(p.handle, own, nil, o) })
	return int(n), err
}

// Close implements net.Conn. What was written and not read yet is still the other's.
func (p *pipe) Close() error {
	p.once.Do(func() {
		if p.serves {
			_ = windows.FlushFileBuffers(p.handle) // ends when it was read, or the other has gone
		}
		windows.CloseHandle(p.handle)
	})
	return nil
}

// LocalAddr implements net.Conn.
func (p *pipe) LocalAddr() net.Addr { return p.path }

// RemoteAddr implements net.Conn.
func (p *pipe) RemoteAddr() net.Addr { return p.path }

// SetDeadline implements net.Conn, for what begins after it.
func (p *pipe) SetDeadline(t time.Time) error {
	at := int64(0)
	if !t.IsZero() {
		at = t.UnixNano()
	}
	p.deadline.Store(at)
	return nil
}

// SetReadDeadline is SetDeadline.
func (p *pipe) SetReadDeadline(t time.Time) error { return p.SetDeadline(t) }

// SetWriteDeadline is SetDeadline.
func (p *pipe) SetWriteDeadline(t time.Time) error { return p.SetDeadline(t) }
