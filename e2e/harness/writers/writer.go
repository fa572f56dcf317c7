package writers

import (
	"sync"
	"time"

	"parley/e2e/harness"
)

// A Writer talks in a room until it is told to stop.
type Writer struct {
	*harness.Server
	Token string
	Every time.Duration // between two chats; 0: as fast as it can
	mu    sync.Mutex
	last  int // the number of the last chat that was answered
}

// Send sends a chat and returns its number.
func (c *Writer) Send() int {
	var data struct{ SendChat struct{ Number int } }
	c.Must(&data, c.Token, `mutation { sendChat(room: "general", text: "x") { number } }`)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, data.SendChat.Number)
	return data.SendChat.Number
}

// Run talks until the answered function is called, which waits for the end and returns how much was said.
func (c *Writer) Run() (stop func() int) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			c.Send()
			select {
			case <-quit:
				return
			case <-time.After(c.Every):
			}
		}
	}()
	return func() int { close(quit); <-done; return c.last }
}
