package accounts

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

// TestTicketsAreReadOnce reads three tokens where there is room for two: each is judged once while it is
// known, what was refused is judged again, and nothing is remembered beyond the limit.
func TestTicketsAreReadOnce(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	c, judged := newTickets(), 0
	c.limit = 2
	read := func(token string, refusal error) ticket {
		got, err := c.read(token, now, 0, func() (ticket, error) {
			judged++
			return ticket{user: uuid.NewSHA1(uuid.Nil, []byte(token)), issuedAt: now, expiresAt: now.Add(time.Minute)}, refusal
		})
		wantError(t, err, refusal)
		return got
	}
	for range 3 {
		if one, other := read("one", nil), read("other", nil); one.user == other.user {
			t.Fatal("one token was taken for another")
		}
	}
	if judged != 2 {
		t.Errorf("two tokens were judged %d times", judged)
	}
	read("bad", auth.ErrUnauthenticated)
	read("bad", auth.ErrUnauthenticated)
	if judged != 4 {
		t.Errorf("a bad token was remembered")
	}
	for i := range 9 {
		if read(strconv.Itoa(i), nil); len(c.known) > c.limit {
			t.Fatalf("%d tickets are remembered", len(c.known))
		}
	}
}
