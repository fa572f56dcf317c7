package settings

import (
	"net/netip"
	"slices"
	"strings"
)

// Networks are addresses and prefixes, separated by commas: 10.0.0.0/8, 192.0.2.7.
type Networks []netip.Prefix

// UnmarshalText reads them.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for one := range strings.SplitSeq(string(text), ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		prefix, err := parseNetwork(one)
		if err != nil {
			return err
		}
		*n = append(*n, prefix)
	}
	return nil
}

// parseNetwork refuses what no peer's address can lie in, and what says two things at once.
func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil || address.Zone() != "" {
			return prefix, badValue("%q is no network: want networks like 10.0.0.0/8 or 192.0.2.7, separated by commas", text)
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	address := prefix.Addr()
	switch nobody := address.IsUnspecified() || address == netip.AddrFrom4([4]byte{255, 255, 255, 255}); {
	case address.Is4In6():
		return prefix, badValue("%s matches nobody: write an IPv4 network as such, like 10.0.0.0/8", text)
	case prefix != prefix.Masked():
		return prefix, badValue("%s: want %s for the network, or %s for the one address", text, prefix.Masked(), address)
	case address.IsMulticast(), nobody && prefix.IsSingleIP():
		return prefix, badValue("%s matches nobody: no connection comes from there", text)
	}
	return prefix, nil
}

// Contains says whether an address lies in one of them.
func (n Networks) Contains(a netip.Addr) bool {
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(a) })
}
