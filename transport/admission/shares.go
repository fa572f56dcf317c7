package admission

import (
	"math"
	"net/netip"
	"time"

	"parley/limit"
)

// shares let new connections in at one rate for the whole node, and fairly: the upper half of the bucket is for whoever
// comes first. Below it an address gets one in the time in which its equal part of half the rate comes; the other half
// of the rate fills the bucket up again. So there is a token left for whoever has had less, however fast others are.
// The owner's lock guards it.
type shares struct {
	rate   limit.Rate
	bucket *limit.Limiter
	turned time.Time                  // when now began
	now    map[netip.Prefix]time.Time // the addresses that wanted one, and when each last got one
	before map[netip.Prefix]time.Time // the same in the time before that
}

// So many addresses are told apart at most in the time that a rate is per. All others take from the bucket like those
// that are not counted.
const mostShares = 8192

// longestPause is as good as for ever, and a Duration holds it.
const longestPause = math.MaxInt64 / 2 * time.Nanosecond

func newShares(r limit.Rate) shares {
	return shares{rate: r, bucket: limit.NewLimiter(r.Bucket(2)), now: map[netip.Prefix]time.Time{}}
}

// take reports whether an address gets one now. The zero prefix is not counted.
func (s *shares) take(address netip.Prefix, now time.Time) bool {
	if s.rate.Calls == 0 {
		return true
	}
	s.forget(now)
	last, known := s.now[address]
	if !known {
		last = s.before[address]
	}
	counted := address.IsValid() && (known || len(s.now) < mostShares)
	if counted {
		s.now[address] = last
	}
	few := s.bucket.Left(now) <= s.rate.Calls
	if counted && few && now.Sub(last) < s.pause() || s.bucket.Take(now) > 0 {
		return false
	}
	if counted {
		s.now[address] = now
	}
	return true
}

// pause is how far apart two connections of an address are while there are few tokens.
func (s *shares) pause() time.Duration {
	wanting := max(1, len(s.now), len(s.before))
	pause := 2 * float64(s.rate.Per) * float64(wanting) / float64(s.rate.Calls)
	return time.Duration(min(pause, float64(longestPause)))
}

// forget drops the addresses that have wanted none for as long as the rate is per.
func (s *shares) forget(now time.Time) {
	past := now.Sub(s.turned)
	if past < s.rate.Per {
		return
	}
	s.before = s.now
	if past >= 2*s.rate.Per {
		s.before = nil
	}
	s.now, s.turned = map[netip.Prefix]time.Time{}, now
}
