package db

import (
	"errors"
	"strings"
	"testing"

	"parley/ent"
)

// A read whose text is counted ends at the row with which it is too much, as a query and in a view, and says why.
func TestReadsEndWhereTheirTextIsTooMuch(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	const users = 20
	err := s.Write(ctx, func(tx *ent.Tx) error {
		for i := range users {
			name := strings.Repeat("é", 50) + string(rune('a'+i))
			if err := addUser(ctx, tx, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const row = 2 * (2*50 + 1) // the name and its key
	errMuch, seen, most := errors.New("too much"), 0, 0
	counted := Counted(ctx, func(bytes int) error {
		if seen += bytes; seen > most {
			return errMuch
		}
		return nil
	})
	for name, read := range map[string]func() (int, error){
		"a query": func() (int, error) {
			all, err := s.Read.User.Query().All(counted)
			return len(all), err
		},
		"a view": func() (n int, err error) {
			err = s.View(counted, func(c *ent.Client) error {
				all, err := c.User.Query().All(counted)
				n = len(all)
				return err
			})
			return n, err
		},
	} {
		seen, most = 0, users*row
		if n, err := read(); n != users || err != nil || seen != users*row {
			t.Errorf("%s: %d users with %d bytes, %v; want %d with %d", name, n, seen, err, users, users*row)
		}
		seen, most = 0, 5*row
		if n, err := read(); n != 0 || !errors.Is(err, errMuch) || seen != 6*row {
			t.Errorf("%s: %d users after %d bytes, %v; want none after %d", name, n, seen, err, 6*row)
		}
	}
	if n := len(s.readers.open); n != 0 {
		t.Errorf("%d reads are still counted", n)
	}
}
