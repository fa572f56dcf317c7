package edge

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"parley/server/settings"
	"parley/transport/admission"
)

// proxies are those whose headers are believed.
type proxies struct {
	trusted settings.Networks
	logger  *slog.Logger

	mu     sync.Mutex // guards all below
	warned map[netip.Addr]bool
}

// behindProxies replaces the proxy's address by the client's, and notes that the client
// spoke TLS, which makes https the server's own origin. Only what a trusted proxy says is believed, and
// of its list only the rightmost entry that is no trusted proxy itself: everything to the left of that
// was written by whoever sent the request.
func behindProxies(trusted settings.Networks, logger *slog.Logger, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	p := &proxies{trusted: trusted, logger: logger, warned: map[netip.Addr]bool{}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, ok := parseHop(r.RemoteAddr); ok && trusted.Contains(peer) {
			if spokeTLS(r.Header.Values("X-Forwarded-Proto")) {
				r.TLS = &tls.ConnectionState{}
			}
			client := p.forwarded(peer, r.Header.Values("X-Forwarded-For"))
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

// warnForwarded warns once where a proxy seems to stand in front of a server that takes itself for one that this machine alone can reach,
// and lets everybody register for that reason.
func warnForwarded(c *settings.Config, logger *slog.Logger, next http.Handler) http.Handler {
	if who, _ := c.WhoRegisters(); c.Registration != "" || who != "open" {
		return next
	}
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") != "" {
			once.Do(func() {
				logger.Warn("a proxy seems to stand in front, and everybody may register: set PARLEY_REGISTRATION, and PARLEY_TRUSTED_PROXIES")
			})
		}
		next.ServeHTTP(w, r)
	})
}

// spokeTLS reads X-Forwarded-Proto. With several proxies in a row it is a list, whose first entry says how the
// client came. A client that is no browser can write that itself, as it can its Origin.
func spokeTLS(headers []string) bool {
	first, _, _ := strings.Cut(strings.Join(headers, ","), ",")
	return admission.Scheme(first) == "https"
}

// forwarded walks from the peer towards the client as long as trusted proxies say the next address. Whoever writes
// what cannot be read is taken for the client.
func (p *proxies) forwarded(peer netip.Addr, headers []string) netip.Addr {
	hops := strings.Split(strings.Join(headers, ","), ",")
	client := peer
	for i := len(hops) - 1; i >= 0 && p.trusted.Contains(client); i-- {
		text := strings.TrimSpace(hops[i])
		if text == "" {
			continue // RFC 9110 §5.6.1
		}
		hop, ok := parseHop(text)
		if !ok {
			p.warn(client, text)
			break
		}
		client = hop
	}
	return client
}

// parseHop reads an address as proxies write it: alone, in brackets, in quotes, with a port or a zone, neither
// of which says who it is.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.Trim(text, `"`)
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	} else if inside, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inside, "]")
	}
	address, err := netip.ParseAddr(text)
	return address.WithZone("").Unmap(), err == nil
}

// warnedMost bounds the memory of those who were warned of.
const warnedMost = 100

// warn logs once for each proxy that it is not understood: all who come through it share the limits of one address.
func (p *proxies) warn(proxy netip.Addr, entry string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.warned[proxy] || len(p.warned) == warnedMost {
		return
	}
	p.warned[proxy] = true
	p.logger.Warn("a proxy of PARLEY_TRUSTED_PROXIES writes something in X-Forwarded-For that is no address: whoever it says so of counts as the proxy",
		"proxy", proxy.String(), "entry", entry[:min(len(entry), 64)])
}
