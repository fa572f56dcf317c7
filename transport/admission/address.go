package admission

import (
	"net"
	"net/netip"

	"parley/naming"
)

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
