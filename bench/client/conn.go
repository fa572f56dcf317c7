package client

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// answerTimeout is how long one answer may take before the connection counts as broken.
const answerTimeout = 20 * time.Second

// A Conn is one keep-alive HTTP/1.1 connection for requests that are encoded beforehand. net/http
// would cost the shared machine more than the server's own work. It belongs to one goroutine.
type Conn struct {
	addr string
	net  net.Conn // nil: dialled when needed
	in   *bufio.Reader
	body []byte

	retryAfter time.Duration // what the last answer asks for; 0: nothing
}

// NewConn makes a connection that is dialled when it is needed.
func NewConn(addr string) *Conn {
	return &Conn{addr: addr, in: bufio.NewReaderSize(nil, 32<<10)}
}

// Do sends a request and returns status and body; the body is good until the next call. After an
// error the connection is gone and the next call dials a new one.
func (c *Conn) Do(request []byte) (status int, body []byte, err error) {
	if c.net == nil {
		if c.net, err = net.DialTimeout("tcp", c.addr, answerTimeout); err != nil {
			return 0, nil, err
		}
		c.in.Reset(c.net)
	}
	err = c.net.SetDeadline(time.Now().Add(answerTimeout))
	if err == nil {
		_, err = c.net.Write(request)
	}
	if err == nil {
		status, err = c.receive()
	}
	if err != nil {
		c.Close()
	}
	return status, c.body, err
}

// Close closes the connection; the next call dials a new one.
func (c *Conn) Close() {
	if c.net != nil {
		_ = c.net.Close()
		c.net = nil
	}
}

// receive reads one answer, its body into c.body.
func (c *Conn) receive() (int, error) {
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("not HTTP/1.1: %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, fmt.Errorf("not a status: %q", line)
	}
	length, err := c.headers()
	if err == nil && status != http.StatusSwitchingProtocols {
		err = c.fill(length)
	}
	return status, err
}

// headers reads to the end of the headers and returns the length of the body, negative when it is not said.
func (c *Conn) headers() (int, error) {
	length := -1
	c.retryAfter = 0
	for {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return length, err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		text := string(bytes.TrimSpace(value))
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.Atoi(text); err != nil || length < 0 {
				return 0, fmt.Errorf("not a length: %q", line)
			}
		case bytes.EqualFold(name, []byte("retry-after")):
			seconds, _ := strconv.Atoi(text) // a date is as good as nothing
			c.retryAfter = time.Duration(seconds) * time.Second
		}
	}
}

// fill reads a body of known length, or a chunked one when length is negative.
func (c *Conn) fill(length int) error {
	c.body = c.body[:0]
	if length >= 0 {
		return c.more(length)
	}
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return fmt.Errorf("not the size of a chunk: %q", line)
		}
		if err := c.more(int(size)); err != nil {
			return err
		}
		if line, err = c.line(); err != nil {
			return err
		}
		if len(line) != 0 {
			return errors.New("a chunk is longer than announced")
		}
		if size == 0 {
			return nil
		}
	}
}

// more reads n bytes behind what c.body holds.
func (c *Conn) more(n int) error {
	have := len(c.body)
	if cap(c.body) < have+n {
		c.body = append(make([]byte, 0, 2*(have+n)), c.body...)
	}
	c.body = c.body[:have+n]
	_, err := io.ReadFull(c.in, c.body[have:])
	return err
}

// line reads up to the end of a line, without it; good until the next read.
func (c *Conn) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}
