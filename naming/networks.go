package naming

import "net/netip"

// Network is what all limits call one network: an IPv4 address, or the IPv6 /64 that a subscriber gets and chooses
// addresses from as they like. The zero prefix: ip is no address.
func Network(ip netip.Addr) netip.Prefix {
	if !ip.IsValid() {
		return netip.Prefix{}
	}
	ip = ip.Unmap()
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	network, _ := ip.Prefix(bits) // without a zone; never fails with these
	return network
}
