package loopback

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// What net/http can't read as a request it refuses by itself: no handler sees it,
// and the answer has none of the headers that every answer must carry
// (HT-13). So its connections put an answer of ours in that one's place.

// refusalHeaders follow the status line of net/http's own refusals (errorHeaders in
// its server.go, Go 1.26), which come in one Write. Our answers have others.
const refusalHeaders = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	const statusAt = len("HTTP/1.1 ")
	if len(p) < statusAt+3 || p[statusAt] < '4' || p[statusAt] > '5' {
		return c.TCPConn.Write(p)
	}
	line, _, found := bytes.Cut(p, []byte(refusalHeaders))
	if !found || bytes.Contains(line, []byte("\r\n")) {
		return c.TCPConn.Write(p)
	}
	status, err := strconv.Atoi(string(p[statusAt : statusAt+3]))
	if err != nil {
		return c.TCPConn.Write(p)
	}
	a := answer{header: http.Header{}}
	c.malformed(&a, status)
	r := http.Response{StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Close: true}
	return len(p), r.Write(c.TCPConn)
}

// answer is a http.ResponseWriter without a connection.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }
