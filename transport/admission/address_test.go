package admission

import "testing"

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
