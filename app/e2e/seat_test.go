//go:build e2e

package e2e

import (
	wire "encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// seat is somebody who sits at a compositor: a client that brings a keyboard. It speaks the wire format of Wayland 1.21
// (docs, "Wire Format": object, size and opcode, arguments of 32 bits each).
type seat struct {
	t        *testing.T
	conn     *net.UnixConn
	mu       sync.Mutex
	last     uint32                 // object made
	globals  map[string]uint32      // name of each, by its interface
	done     map[uint32]chan string // events that are waited for, by object
	keyboard uint32
	clock    uint32
}

const (
	display        = 1 // wl_display
	firstObject    = 2 // wl_registry
	virtualKeys    = "zwp_virtual_keyboard_manager_v1"
	layoutOfTheKey = `xkb_keymap { xkb_keycodes { include "evdev+aliases(qwerty)" }; xkb_types { include "complete" }; xkb_compat { include "complete" }; xkb_symbols { include "pc+us+inet(evdev)" }; };`
)

// sit connects to the compositor at that socket.
func sit(t *testing.T, socket string) *seat {
	t.Helper()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &seat{t: t, conn: conn, last: firstObject, globals: map[string]uint32{}, done: map[uint32]chan string{}}
	go s.listen()
	s.send(display, 1, nil, uint32(firstObject)) // get_registry
	s.round()
	return s
}

// send makes one request.
func (s *seat) send(object, opcode uint32, fds []int, args ...any) {
	s.t.Helper()
	b := make([]byte, 8)
	for _, a := range args {
		switch a := a.(type) {
		case uint32:
			b = wire.NativeEndian.AppendUint32(b, a)
		case string:
			b = wire.NativeEndian.AppendUint32(b, uint32(len(a)+1))
			b = append(append(b, a...), make([]byte, 4-len(a)%4)...)
		default:
			s.t.Fatalf("%T is no argument", a)
		}
	}
	wire.NativeEndian.PutUint32(b, object)
	wire.NativeEndian.PutUint32(b[4:], uint32(len(b))<<16|opcode)
	var rights []byte
	if fds != nil {
		rights = syscall.UnixRights(fds...)
	}
	if _, _, err := s.conn.WriteMsgUnix(b, rights, nil); err != nil {
		s.t.Fatal("the compositor: ", err)
	}
}

// makes a new object, whose events done gets, if any.
func (s *seat) makes() (object uint32, done chan string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.done[s.last] = make(chan string, 4)
	return s.last, s.done[s.last]
}

func (s *seat) listen() {
	head := make([]byte, 8)
	for {
		if _, err := io.ReadFull(s.conn, head); err != nil {
			return
		}
		object, size := wire.NativeEndian.Uint32(head), wire.NativeEndian.Uint32(head[4:])>>16
		opcode := wire.NativeEndian.Uint32(head[4:]) & 0xffff
		body := make([]byte, size-8)
		if _, err := io.ReadFull(s.conn, body); err != nil {
			return
		}
		s.mu.Lock()
		switch {
		case object == display && opcode == 0: // error: object, code, message
			fmt.Fprintf(os.Stderr, "the compositor says: %s\n", text(body[8:]))
		case object == firstObject && opcode == 0: // global: name, interface, version
			s.globals[text(body[4:])] = wire.NativeEndian.Uint32(body)
		case s.done[object] != nil && object != s.keyboard:
			said := ""
			if len(body) > 4 {
				said = text(body)
			}
			select {
			case s.done[object] <- said:
			default:
			}
		}
		s.mu.Unlock()
	}
}

// text is a string argument.
func text(b []byte) string {
	n := wire.NativeEndian.Uint32(b)
	return strings.TrimRight(string(b[4:4+n]), "\x00")
}

// waits for an event.
func (s *seat) waits(what string, done chan string) string {
	s.t.Helper()
	select {
	case said := <-done:
		return said
	case <-time.After(appearsWithin):
		s.t.Fatal("the compositor says nothing of ", what)
		return ""
	}
}

// round waits until the compositor has done all that was asked.
func (s *seat) round() {
	s.t.Helper()
	object, done := s.makes()
	s.send(display, 0, nil, object) // sync
	s.waits("what it has done", done)
}

// bind makes an object of a global; 0 where the compositor has none.
func (s *seat) bind(name string) uint32 {
	s.t.Helper()
	s.mu.Lock()
	global, there := s.globals[name]
	s.mu.Unlock()
	if !there {
		return 0
	}
	object, _ := s.makes()
	s.send(firstObject, 0, nil, global, name, uint32(1), object)
	return object
}

// brings a keyboard, which stays plugged in until the test is over.
func (s *seat) brings() {
	s.t.Helper()
	manager, sits := s.bind(virtualKeys), s.bind("wl_seat")
	if manager == 0 || sits == 0 {
		s.t.Fatal("the compositor takes no keyboard")
	}
	s.keyboard, _ = s.makes()
	s.send(manager, 0, nil, sits, s.keyboard)
	f, err := os.CreateTemp(s.t.TempDir(), "keymap")
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(layoutOfTheKey + "\x00"); err != nil {
		s.t.Fatal(err)
	}
	s.send(s.keyboard, 0, []int{int(f.Fd())}, uint32(1), uint32(len(layoutOfTheKey)+1)) // keymap, XKB's text
	s.round()
}

// codes are the kernel's of the keys that tests press (linux/input-event-codes.h).
var codes = func() map[string]uint32 {
	c := map[string]uint32{
		"Escape": 1, "BackSpace": 14, "Tab": 15, "Return": 28, "ctrl": 29, "shift": 42, "space": 57, "F9": 67, "Left": 105, "Right": 106, "Down": 108, "minus": 12,
	}
	for first, row := range map[uint32]string{2: "1234567890", 16: "qwertyuiop", 30: "asdfghjkl", 44: "zxcvbnm"} {
		for i, r := range row {
			c[string(r)] = first + uint32(i)
		}
	}
	return c
}()

// key presses one, such as "shift+space", and lets it go.
func (s *seat) key(name string) {
	s.t.Helper()
	parts := strings.Split(name, "+")
	var mask uint32
	for _, held := range parts[:len(parts)-1] {
		mask |= map[string]uint32{"shift": 1, "ctrl": 4}[held] // the first bits of every XKB map
	}
	code, there := codes[parts[len(parts)-1]]
	if !there {
		s.t.Fatalf("there is no key %s", name)
	}
	press := func(code, down, mask uint32) {
		s.clock += 10
		s.send(s.keyboard, 1, nil, s.clock, code, down)
		s.send(s.keyboard, 2, nil, mask, uint32(0), uint32(0), uint32(0))
	}
	for _, held := range parts[:len(parts)-1] {
		press(codes[held], 1, mask)
	}
	press(code, 1, mask)
	press(code, 0, mask)
	for _, held := range parts[:len(parts)-1] {
		press(codes[held], 0, 0)
	}
	s.round()
}

// token is one to bring a window to the front with, as a launcher has it.
func (s *seat) token() string {
	s.t.Helper()
	activation := s.bind("xdg_activation_v1")
	if activation == 0 {
		s.t.Fatal("the compositor activates nothing")
	}
	object, done := s.makes()
	s.send(activation, 1, nil, object) // get_activation_token
	s.send(object, 3, nil)             // commit
	return s.waits("a token", done)
}
