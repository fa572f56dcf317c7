package admission

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"parley/naming"
)

// A Rate is so many in so much time. The zero Rate is none at all: everything passes.
type Rate struct {
	Calls int
	Per   time.Duration
}

// A Bucket holds tokens, which come back at a rate. Safe for concurrent use.
type Bucket struct{ *rate.Limiter }

// Bucket holds as many tokens as the rate says, times a factor.
func (r Rate) Bucket(times int) Bucket {
	if r.Calls == 0 {
		return Bucket{rate.NewLimiter(rate.Inf, 0)}
	}
	return Bucket{rate.NewLimiter(rate.Limit(float64(r.Calls)/r.Per.Seconds()), r.Calls*times)}
}

// Take takes a token, or none and returns how long to wait for one.
func (b Bucket) Take(now time.Time) (wait time.Duration) {
	r := b.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// addressRates counts by address, in memory. A full bucket is as good as none, so the map is swept of
// those whenever it has doubled. The owner's lock guards it.
type addressRates struct {
	rate    Rate
	times   int
	buckets map[netip.Prefix]Bucket
	sweepAt int
}

const smallestSweep = 1024

func newAddressRates(r Rate, times int) addressRates {
	return addressRates{rate: r, times: times, buckets: map[netip.Prefix]Bucket{}, sweepAt: smallestSweep}
}

// take counts one request of an address, or returns after which time it would pass.
func (a *addressRates) take(address netip.Prefix, now time.Time) (wait time.Duration) {
	if a.rate.Calls == 0 || !address.IsValid() {
		return 0
	}
	b, known := a.buckets[address]
	if !known {
		a.sweep(now)
		b = a.rate.Bucket(a.times)
		a.buckets[address] = b
	}
	return b.Take(now)
}

func (a *addressRates) sweep(now time.Time) {
	if len(a.buckets) < a.sweepAt {
		return
	}
	for address, b := range a.buckets {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(a.buckets, address)
		}
	}
	a.sweepAt = max(smallestSweep, 2*len(a.buckets))
}

// AddressOf is whom the limits of an address mean: its network. The zero prefix is not counted: loopback, which is the
// operator or a proxy that nobody declared, and what is no address.
func AddressOf(hostPort string) netip.Prefix {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	address, err := netip.ParseAddr(host)
	if err != nil || address.Unmap().IsLoopback() {
		return netip.Prefix{}
	}
	return naming.Network(address)
}
