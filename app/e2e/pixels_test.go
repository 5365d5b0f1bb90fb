//go:build e2e

package e2e

import (
	"bytes"
	xwd "encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// picture is what is on the screen: what the accessibility tree says may be true
// while nothing is painted any more.
type picture struct {
	width, height, stride int
	pixels                []byte // 4 a pixel, X's byte order
}

// picture is what the desktop shows, and where the window stands in it.
func (d *desktop) picture(t testing.TB) picture {
	t.Helper()
	if d.wayland != nil {
		d.wayland.looks()
		return d.wayland.picture()
	}
	return d.frameBuffer(t)
}

// write makes a PNG of it.
func (p picture) write(path string) error {
	all := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	for y := range p.height {
		line := p.row(rectangle{Width: int32(p.width)}, int32(y))
		for x := range p.width {
			all.SetRGBA(x, y, color.RGBA{line[4*x+2], line[4*x+1], line[4*x], 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, all), f.Close())
}

// frameBuffer reads Xvfb's (X11/XWDFile.h).
func (d *desktop) frameBuffer(t testing.TB) picture {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(d.dir, "Xvfb_screen0"))
	if err != nil {
		t.Fatal(err)
	}
	word := func(n int) int { return int(xwd.BigEndian.Uint32(b[4*n:])) }
	const headerSize, pixmapWidth, pixmapHeight, bitsPerPixel, bytesPerLine, ncolors, colorSize = 0, 4, 5, 11, 12, 19, 12
	if word(bitsPerPixel) != 32 {
		t.Fatalf("the screen has %d bits a pixel", word(bitsPerPixel))
	}
	return picture{word(pixmapWidth), word(pixmapHeight), word(bytesPerLine), b[word(headerSize)+word(ncolors)*colorSize:]}
}

// row is a part of a line of the screen.
func (p picture) row(r rectangle, y int32) []byte {
	at := int(y) * p.stride
	return p.pixels[at+4*int(r.X) : at+4*int(r.X+r.Width)]
}

// inked reports whether anything is drawn in r: more than one colour.
func (p picture) inked(r rectangle) bool {
	first := p.row(r, r.Y)[:4]
	for y := r.Y; y < r.Y+r.Height; y++ {
		for line := p.row(r, y); len(line) > 0; line = line[4:] {
			if !bytes.Equal(line[:3], first[:3]) {
				return true
			}
		}
	}
	return false
}

// all is the whole of it.
func (p picture) all() rectangle { return rectangle{Width: int32(p.width), Height: int32(p.height)} }

// part is what r looks like.
func (p picture) part(r rectangle) string {
	var b strings.Builder
	for y := r.Y; y < r.Y+r.Height; y++ {
		b.Write(p.row(r, y))
	}
	return b.String()
}

// same reports whether r looks the same in both.
func (p picture) same(other picture, r rectangle) bool {
	for y := r.Y; y < r.Y+r.Height; y++ {
		if !bytes.Equal(p.row(r, y), other.row(r, y)) {
			return false
		}
	}
	return true
}

// sight is what a person saw at one moment: where something is drawn, and the
// screen right before and right after the tree was asked.
type sight struct {
	before, after picture
	drawn         map[drawing]bool
}

// drawing is one thing with its place on the screen.
type drawing struct {
	role, said string
	at         rectangle
}

// look reads the tree and the screen.
func (p *program) look() sight {
	s := sight{before: desk.picture(p.t), drawn: map[drawing]bool{}}
	w, ok := p.window()
	if !ok {
		s.after = s.before
		return s
	}
	var page rectangle
	w.walk(func(c node) bool {
		if c.role == "document web" { // as far as it is seen
			page = s.before.visible(c.onScreen(), w)
			return true
		}
		if page.Width == 0 || !slices.Contains([]string{"push button", "heading", "paragraph", "label", "entry", "status bar", "combo box", "image"}, c.role) || !c.has(stateShowing) {
			return true
		}
		d := drawing{role: c.role, said: c.name + c.text(), at: c.writtenOnScreen()}
		if strings.TrimSpace(d.said) == "" || d.at.Width < 4 || d.at.Height < 4 || !page.holds(d.at) {
			return true
		}
		s.drawn[d] = true
		return true
	})
	s.after = desk.picture(p.t)
	return s
}

// visible is what the frame of the window shows of r.
func (p picture) visible(r rectangle, w node) rectangle {
	frame := rectangle{0, 0, int32(p.width), int32(p.height)}
	for _, c := range w.children() {
		if c.role == "frame" {
			frame = frame.and(c.onScreen())
		}
	}
	return frame.and(r)
}

func (r rectangle) and(other rectangle) rectangle {
	x, y := max(r.X, other.X), max(r.Y, other.Y)
	return rectangle{x, y, max(min(r.X+r.Width, other.X+other.Width)-x, 0), max(min(r.Y+r.Height, other.Y+other.Height)-y, 0)}
}

func (r rectangle) holds(other rectangle) bool {
	return other.X >= r.X && other.Y >= r.Y && other.X+other.Width <= r.X+r.Width && other.Y+other.Height <= r.Y+r.Height
}

// onScreen is where n is, on the screen.
func (n node) onScreen() rectangle {
	var r rectangle
	n.call(componentFace+".GetExtents", uint32(0)).Store(&r)
	return desk.place(r)
}

// place is where that is on the screen, which accessibility tells in logical pixels, and
// under Wayland as if the window stood in the screen's corner.
func (d *desktop) place(r rectangle) rectangle {
	if d.wayland != nil {
		return d.wayland.place(r)
	}
	return rectangle{r.X * d.scale, r.Y * d.scale, r.Width * d.scale, r.Height * d.scale}
}

// writtenOnScreen is where the text of n is drawn, or n itself if it has none.
func (n node) writtenOnScreen() rectangle {
	var r rectangle
	if n.role != "entry" {
		if text := n.text(); text != "" {
			n.call(textFace+".GetRangeExtents", int32(0), int32(len([]rune(text))), uint32(0)).Store(&r.X, &r.Y, &r.Width, &r.Height)
			r = desk.place(r)
		}
	}
	if r.Width == 0 {
		r = n.onScreen()
	}
	return r
}

// painted waits until the picture is the screen that the tree tells of: everything
// there is drawn, and what was not there at the last look has changed the picture, or looks
// as it did when it was drawn before: while a screen changes, the tree may leave out what stays.
func (p *program) painted() {
	p.t.Helper()
	for end := time.Now().Add(appearsWithin); ; time.Sleep(60 * time.Millisecond) {
		now := p.look()
		wrong := ""
		for d := range now.drawn {
			switch {
			case !now.after.inked(d.at):
				wrong = fmt.Sprintf("%s %q is not drawn at %+v", d.role, d.said, d.at)
			case p.last.drawn != nil && !p.last.drawn[d] && now.after.same(p.last.before, d.at) && now.after.same(p.last.after, d.at) && now.after.part(d.at) != p.looks[d]:
				wrong = fmt.Sprintf("%s %q has come, and the picture is still the one before at %+v", d.role, d.said, d.at)
			}
		}
		if wrong == "" {
			p.last = now
			if p.looks == nil {
				p.looks = map[drawing]string{}
			}
			for d := range now.drawn {
				p.looks[d] = now.after.part(d.at)
			}
			return
		}
		if !p.inFront() {
			return // what covers it is on the screen
		}
		if time.Now().After(end) {
			desk.screenshot(p.t, "failed-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
			p.t.Fatal(wrong)
		}
	}
}

// inFront reports whether the topmost window is this program's, and no icon.
func (p *program) inFront() bool {
	p.t.Helper()
	if desk.nested {
		return true
	}
	if desk.wayland != nil {
		return desk.wayland.front()
	}
	ask := func(args ...string) string {
		c := exec.Command("xprop", args...)
		c.Env = desk.env()
		out, _ := c.Output() // a window may have gone meanwhile
		return string(out)
	}
	stack := strings.Fields(ask("-root", "_NET_CLIENT_LIST_STACKING"))
	if len(stack) == 0 {
		return false
	}
	top := ask("-id", stack[len(stack)-1], "_NET_WM_PID", "WM_STATE")
	return strings.Contains(top, fmt.Sprintf("= %d\n", p.cmd.Process.Pid)) && !strings.Contains(top, "Iconic")
}
