package dbtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// Statements are the texts of what a store asks its database, without what begins and ends transactions. Its Trace is for
// db.Options. Safe for concurrent use.
type Statements struct {
	mu    sync.Mutex
	texts []string
}

// Trace keeps the text of a statement.
func (s *Statements) Trace(_ context.Context, what any) {
	text, ok := TextOf(what)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok {
		s.texts = append(s.texts, text)
	}
}

// Take returns those since the last call.
func (s *Statements) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := s.texts
	s.texts = nil
	return texts
}

// TextOf is the text of a statement that is traced, without its arguments; false: it is none.
func TextOf(what any) (text string, ok bool) {
	_, text, ok = strings.Cut(fmt.Sprint(what), "query=")
	text, _, _ = strings.Cut(text, " args=")
	return text, ok
}
