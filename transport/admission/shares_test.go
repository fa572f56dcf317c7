package admission

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"parley/limit"
)

func address(n uint32) netip.Prefix {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 0x0a000000+n)
	return netip.PrefixFrom(netip.AddrFrom4(ip), 32)
}

// A dozen addresses that try all the time get all that nobody else wants. As soon as others come, each of these gets
// in at its first try, and the dozen get what is left.
func TestSharesAreFair(t *testing.T) {
	s := newShares(limit.Rate{Calls: 200, Per: time.Second})
	now := time.Unix(1_800_000_000, 0)
	attack := func(took time.Duration) (got int) {
		for end := now.Add(took); now.Before(end); now = now.Add(time.Millisecond) {
			for n := range uint32(12) {
				if s.take(address(n), now) {
					got++
				}
			}
		}
		return got
	}
	if got := attack(10 * time.Second); got < 2000 || got > 2400 {
		t.Errorf("%d in 10 s without others, want 2,000 and the bucket", got)
	}
	got := 0
	for n := range uint32(1000) { // a hundred a second
		got += attack(10 * time.Millisecond)
		if !s.take(address(100+n), now) {
			t.Fatalf("other %d is refused", n)
		}
	}
	if got < 800 || got > 1200 {
		t.Errorf("the dozen got %d beside 1,000 of others, want what is left of 2,000", got)
	}
	for n := range uint32(100) { // at once
		if !s.take(address(2000+n), now) {
			t.Fatalf("other %d of a hundred at once is refused", n)
		}
	}
}

// Whoever comes alone has the whole rate and the whole bucket, and so has what is not counted.
func TestShareOfOneAddress(t *testing.T) {
	for name, one := range map[string]netip.Prefix{"an address": address(1), "loopback": {}} {
		s := newShares(limit.Rate{Calls: 10, Per: time.Second})
		now, got := time.Unix(1_800_000_000, 0), 0
		for range 10_000 {
			if s.take(one, now) {
				got++
			}
			now = now.Add(time.Millisecond)
		}
		if got < 109 || got > 121 {
			t.Errorf("%s: %d in 10 s, want 100 and up to 20 more", name, got)
		}
	}
}

// With a slow rate and many addresses a share's pause is longer than a Duration can be, and was taken for none: one
// address got all slots.
func TestShareOfASlowRate(t *testing.T) {
	s := newShares(limit.Rate{Calls: 1, Per: 31 * 24 * time.Hour})
	now := time.Unix(1_800_000_000, 0)
	if !s.take(address(1), now) || !s.take(address(2), now) {
		t.Fatal("the bucket holds two")
	}
	for n := range uint32(4000) { // it is empty
		s.take(address(1+n), now)
	}
	now = now.Add(s.rate.Per) // for one token
	if s.take(address(1), now) {
		t.Error("who has had one gets the next token of thousands")
	}
	if !s.take(address(3), now) {
		t.Error("who has had none gets none")
	}
}

// However many addresses come, few are remembered, and none for long.
func TestSharesAreForgotten(t *testing.T) {
	s := newShares(limit.Rate{Calls: 200, Per: time.Second})
	now := time.Unix(1_800_000_000, 0)
	for n := range uint32(100_000) {
		s.take(address(n), now)
		now = now.Add(10 * time.Microsecond)
	}
	if len(s.now) > mostShares || len(s.before) > mostShares {
		t.Errorf("%d and %d addresses are known", len(s.now), len(s.before))
	}
	s.take(address(1), now.Add(time.Minute))
	if len(s.now)+len(s.before) != 1 {
		t.Errorf("%d and %d addresses are known after a minute", len(s.now), len(s.before))
	}
}
