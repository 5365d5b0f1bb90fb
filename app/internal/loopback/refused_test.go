package loopback

import (
	"errors"
	"net"
	"slices"
	"testing"
)

func TestBL07_APortThatBrowsersRefuseIsNeverTaken(t *testing.T) {
	if !slices.IsSorted(refusedPorts) {
		t.Error("the list is not in order")
	}
	for _, port := range []int{6665, 10080} {
		if _, err := Listen(port); !errors.Is(err, ErrRefused) {
			t.Errorf("Listen(%d): %v", port, err)
		}
		if _, err := ListenAlone(port); !errors.Is(err, ErrRefused) {
			t.Errorf("ListenAlone(%d): %v", port, err)
		}
	}
	given := []int{6666, 10080, 6669, 40000}
	held := []*fakeListener{}
	ln, err := listenUnrefused(func() (net.Listener, error) {
		l := &fakeListener{port: given[len(held)]}
		held = append(held, l)
		return l, nil
	})
	if err != nil || ln.Addr().(*net.TCPAddr).Port != 40000 {
		t.Fatalf("got %v, %v", ln, err)
	}
	for n, l := range held {
		if l.closed != (n < 3) {
			t.Errorf("port %d: closed %v", l.port, l.closed)
		}
	}
	all := 0
	_, err = listenUnrefused(func() (net.Listener, error) { all++; return &fakeListener{port: 6665}, nil })
	if !errors.Is(err, ErrRefused) {
		t.Errorf("after %d refused ports: %v", all, err)
	}
}

type fakeListener struct {
	net.Listener
	port   int
	closed bool
}

func (l *fakeListener) Addr() net.Addr { return &net.TCPAddr{Port: l.port} }
func (l *fakeListener) Close() error   { l.closed = true; return nil }
