package tokens

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

// TestTokensAreParsedOnce gets three tokens where there is room for two: each is parsed once while it is
// known, what was refused is parsed again, and nothing is remembered beyond the limit.
func TestTokensAreParsedOnce(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	c, parsed := newClaimsCache(), 0
	c.limit = 2
	read := func(token string, refusal error) Claims {
		got, err := c.get(token, now, 0, func() (Claims, error) {
			parsed++
			return Claims{User: uuid.NewSHA1(uuid.Nil, []byte(token)), IssuedAt: now, ExpiresAt: now.Add(time.Minute)}, refusal
		})
		if !errors.Is(err, refusal) {
			t.Fatalf("got %v, want %v", err, refusal)
		}
		return got
	}
	for range 3 {
		if one, other := read("one", nil), read("other", nil); one.User == other.User {
			t.Fatal("one token was taken for another")
		}
	}
	if parsed != 2 {
		t.Errorf("two tokens were parsed %d times", parsed)
	}
	read("bad", auth.ErrUnauthenticated)
	read("bad", auth.ErrUnauthenticated)
	if parsed != 4 {
		t.Errorf("a bad token was remembered")
	}
	for i := range 9 {
		if read(strconv.Itoa(i), nil); len(c.known) > c.limit {
			t.Fatalf("%d claims are remembered", len(c.known))
		}
	}
}
