package main

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Networks are addresses and prefixes, separated by commas: 10.0.0.0/8, 192.0.2.7.
type networks []netip.Prefix

func (n *networks) UnmarshalText(text []byte) error {
	*n = nil
	for one := range strings.SplitSeq(string(text), ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(one)
		if err != nil {
			address, err := netip.ParseAddr(one)
			if err != nil {
				return badValue("want networks like 10.0.0.0/8 or 192.0.2.7, separated by commas")
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		*n = append(*n, prefix.Masked())
	}
	return nil
}

func (n networks) contains(a netip.Addr) bool {
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(a) })
}

// behindProxies puts the address of the client in the place of the proxy's, and notes that the client
// spoke TLS, which makes https the server's own origin. Only what a trusted proxy says is believed, and
// of its list only the rightmost entry that is no trusted proxy itself: everything to the left of that
// was written by whoever sent the request.
func behindProxies(trusted networks, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			if peer, err := netip.ParseAddr(host); err == nil && trusted.contains(peer.Unmap()) {
				if r.Header.Get("X-Forwarded-Proto") == "https" {
					r.TLS = &tls.ConnectionState{}
				}
				client := forwarded(trusted, peer.Unmap(), r.Header.Values("X-Forwarded-For"))
				r.RemoteAddr = net.JoinHostPort(client.String(), "0")
			}
		}
		next.ServeHTTP(w, r)
	})
}

// forwarded walks from the peer towards the client as long as it is told by proxies that are trusted.
func forwarded(trusted networks, peer netip.Addr, headers []string) netip.Addr {
	hops := strings.Split(strings.Join(headers, ","), ",")
	client := peer
	for i := len(hops) - 1; i >= 0 && trusted.contains(client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop.Unmap()
	}
	return client
}
