package admission

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

func TestAddressOfAPeer(t *testing.T) {
	for peer, want := range map[string]string{
		"198.51.100.7:443":           "198.51.100.7/32",
		"[::ffff:198.51.100.7]:443":  "198.51.100.7/32",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:443":         "fe80::/64",
		"198.51.100.7":               "198.51.100.7/32",
		"127.8.9.10:443":             "invalid Prefix", // not counted
		"[::1]:443":                  "invalid Prefix",
		"[::ffff:127.0.0.1]:443":     "invalid Prefix",
		"@":                          "invalid Prefix",
		"":                           "invalid Prefix",
	} {
		if got := AddressOf(peer).String(); got != want {
			t.Errorf("%q: %s, want %s", peer, got, want)
		}
	}
}

// A hundred thousand addresses that ask once leave no more behind than were busy at one time. One that is too
// fast stays counted among them.
func TestAddressesAreForgotten(t *testing.T) {
	rates := newAddressRates(Rate{50, time.Second}, 4)
	now := time.Unix(1_800_000_000, 0)
	fast := netip.MustParsePrefix("198.51.100.7/32")
	most := 0
	for i := range 100_000 {
		now = now.Add(100 * time.Microsecond) // a bucket is full again after 20 ms
		var ip [16]byte
		binary.BigEndian.PutUint32(ip[4:], uint32(i))
		if wait := rates.take(netip.PrefixFrom(netip.AddrFrom16(ip), 64), now); wait > 0 {
			t.Fatalf("the first request of an address: %v", wait)
		}
		rates.take(fast, now)
		most = max(most, len(rates.buckets))
	}
	if most > smallestSweep+1 {
		t.Errorf("%d buckets", most)
	}
	if wait := rates.take(fast, now); wait <= 0 || wait > 20*time.Millisecond {
		t.Errorf("the fast one waits %v", wait)
	}
}

// Who comes when they are told to passes, and not earlier.
func TestTheWaitIsExact(t *testing.T) {
	rates := newAddressRates(Rate{2, time.Second}, 4)
	now := time.Unix(1_800_000_000, 0)
	address := netip.MustParsePrefix("198.51.100.7/32")
	for range 8 {
		if wait := rates.take(address, now); wait != 0 {
			t.Fatalf("within the burst: %v", wait)
		}
	}
	wait := rates.take(address, now)
	if wait != 500*time.Millisecond || rates.take(address, now.Add(wait-time.Millisecond)) == 0 || rates.take(address, now.Add(wait)) != 0 {
		t.Errorf("told to wait %v", wait)
	}
}
