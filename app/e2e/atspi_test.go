//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of AT-SPI on D-Bus (at-spi2-core, xml/).
const (
	registryName  = "org.a11y.atspi.Registry"
	rootPath      = dbus.ObjectPath("/org/a11y/atspi/accessible/root")
	accessible    = "org.a11y.atspi.Accessible"
	actionFace    = "org.a11y.atspi.Action"
	componentFace = "org.a11y.atspi.Component"
	textFace      = "org.a11y.atspi.Text"
)

// roles are the roles that the tests name (atspi-constants.h, AtspiRole); WebKit
// answers GetRole alone.
var roles = map[uint32]string{
	2: "alert", 7: "check box", 11: "combo box", 16: "dialog", 23: "frame", 27: "image", 29: "label", 31: "list", 32: "list item",
	35: "menu item", 43: "push button", 44: "radio button", 54: "status bar", 61: "text", 73: "paragraph", 79: "entry", 83: "heading", 85: "section",
	88: "link", 95: "document web", 110: "landmark", 116: "static",
}

// Bits of the state set (atspi-constants.h, AtspiStateType).
const (
	stateEnabled = 8
	stateFocused = 12
	stateModal   = 16
	stateShowing = 25
)

// node is one accessible object: where it lives and what it said of itself.
type node struct {
	bus   *dbus.Conn
	owner string
	path  dbus.ObjectPath
	role  string
	name  string
	depth int
}

type reference struct {
	Owner string
	Path  dbus.ObjectPath
}

func (n node) object() dbus.BusObject { return n.bus.Object(n.owner, n.path) }

// callTimeout bounds one question: a process that died never answers.
const callTimeout = 15 * time.Second

func (n node) call(method string, args ...any) *dbus.Call {
	c := n.object().Go(method, 0, make(chan *dbus.Call, 1), args...)
	select {
	case <-c.Done:
	case <-time.After(callTimeout):
		c.Err = fmt.Errorf("%s: no answer", method)
	}
	return c
}

func (n node) property(name string) string {
	var v dbus.Variant
	if err := n.call("org.freedesktop.DBus.Properties.Get", accessible, name).Store(&v); err != nil {
		return ""
	}
	s, _ := v.Value().(string)
	return s
}

func (n node) children() []node {
	var refs []reference
	if n.call(accessible+".GetChildren").Store(&refs) != nil {
		return nil
	}
	if len(refs) == 0 {
		// GTK's socket for the web process names its plug only when asked for it by index.
		var r reference
		if n.call(accessible+".GetChildAtIndex", int32(0)).Store(&r) == nil && !strings.HasSuffix(string(r.Path), "/null") {
			refs = append(refs, r)
		}
	}
	nodes := make([]node, 0, len(refs))
	for _, r := range refs {
		c := node{bus: n.bus, owner: r.Owner, path: r.Path, depth: n.depth + 1}
		var role uint32
		c.call(accessible + ".GetRole").Store(&role)
		c.role = roles[role]
		c.name = c.property("Name")
		nodes = append(nodes, c)
	}
	return nodes
}

func (n node) has(state int) bool {
	var set []uint32
	if n.call(accessible+".GetState").Store(&set) != nil || len(set) < 2 {
		return false
	}
	return set[state/32]&(1<<(state%32)) != 0
}

// text returns what an entry or a line of text holds.
func (n node) text() string {
	var s string
	var faces []string
	if n.call(accessible + ".GetInterfaces").Store(&faces); !slices.Contains(faces, textFace) {
		return ""
	}
	n.call(textFace+".GetText", int32(0), int32(-1)).Store(&s)
	return s
}

// walk calls f for every object below n until f returns false.
func (n node) walk(f func(node) bool) bool {
	if n.depth > 40 {
		return true
	}
	for _, c := range n.children() {
		if !f(c) || !c.walk(f) {
			return false
		}
	}
	return true
}

// find returns the first showing object that matches; role "" matches any.
func (n node) find(role, name string) (node, bool) {
	var found node
	ok := !n.walk(func(c node) bool {
		if (role == "" || role == c.role) && c.name == name && c.has(stateShowing) {
			found = c
			return false
		}
		return true
	})
	return found, ok
}

// said returns every name and text below n, a line each: what a screen reader reads.
func (n node) said() string {
	var b strings.Builder
	n.walk(func(c node) bool {
		line := c.name
		if t := c.text(); t != "" && t != c.name {
			line = strings.TrimSpace(line + " " + t)
		}
		if line != "" {
			fmt.Fprintf(&b, "%s%s: %s\n", strings.Repeat(" ", c.depth), c.role, line)
		}
		return true
	})
	return b.String()
}

// press does what a click does, through the object's own action.
func (n node) press(t testing.TB) {
	t.Helper()
	var ok bool
	if err := n.call(actionFace+".DoAction", int32(0)).Store(&ok); err != nil || !ok {
		t.Fatalf("%s %q could not be pressed: %v", n.role, n.name, err)
	}
}

func (n node) focus(t testing.TB) {
	t.Helper()
	var ok bool
	if err := n.call(componentFace + ".GrabFocus").Store(&ok); err != nil {
		t.Fatalf("%s %q could not be focused: %v", n.role, n.name, err)
	}
}
