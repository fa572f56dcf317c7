package settings

import (
	"net"
	"net/netip"
)

// WhoRegisters returns who may make an account, open, invite or closed, and why: PARLEY_REGISTRATION says so, or else whether
// another system says who people are, and where the server can be reached. Whoever listens on loopback alone tries it out; anywhere else strangers come by.
func (c *Config) WhoRegisters() (who, why string) {
	switch {
	case c.Registration != "":
		return c.Registration, "PARLEY_REGISTRATION says so"
	case c.Issuers != "":
		return "closed", "PARLEY_ISSUERS says who people are"
	case !onLoopback(c.Addr):
		return "invite", "PARLEY_ADDR can be reached from elsewhere"
	case len(c.TrustedProxies) > 0:
		return "invite", "PARLEY_TRUSTED_PROXIES says that a proxy stands in front"
	}
	return "open", "PARLEY_ADDR is on this machine alone"
}

func onLoopback(addr string) bool {
	host, _, _ := net.SplitHostPort(addr) // was checked
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}
