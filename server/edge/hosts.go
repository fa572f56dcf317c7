package edge

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"parley/server/settings"
	"parley/transport/admission"
)

// localNames are those that nobody outside can own, and so point where they like: RFC 6761, 6762 and 8375, and
// what ICANN has reserved. A name without a dot is one too.
var localNames = settings.Hosts{".localhost", ".local", ".lan", ".home.arpa", ".internal", ".test"}

// checkHosts refuses requests to a server on loopback under a name that is not its own. A page that lets its own
// name point at 127.0.0.1 (DNS rebinding) would else count as the server's own: its reader's browser would let it register
// and read. Behind a proxy or on other addresses the server may have any name, so there only PARLEY_HOSTS is a reason.
// A request without Host comes from no browser.
func checkHosts(c *settings.Config, next http.Handler) http.Handler {
	everywhere := len(c.Hosts) > 0
	if c.Hosts.Any() || !everywhere && (len(c.TrustedProxies) > 0 || listensEverywhere(c.Addr)) {
		return next
	}
	known := slices.Concat(c.Hosts, localNames, ownHosts(c))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/healthz", r.URL.Path == "/readyz", // balancers ask under names of theirs
			r.Host == "", !everywhere && !onLoopback(r), isKnown(known, r.Host):
			next.ServeHTTP(w, r)
		default:
			misdirect(w, r)
		}
	})
}

// ownHosts are those that other settings name.
func ownHosts(c *settings.Config) (own settings.Hosts) {
	host, _, _ := net.SplitHostPort(c.Addr) // was checked
	if name, _, ok := admission.ParseHost(host); ok {
		own = append(own, name)
	}
	for _, origin := range c.CORSAllowedOrigins {
		own = append(own, origin.Host)
	}
	return own
}

// isKnown checks the header Host. An address is no name that could be pointed elsewhere.
func isKnown(known settings.Hosts, text string) bool {
	name, _, ok := admission.ParseHost(text)
	if _, err := netip.ParseAddr(name); err == nil {
		return ok
	}
	return ok && (!strings.Contains(name, ".") || known.Contains(name))
}

// listensEverywhere is whether connections over loopback and others come in at one address.
func listensEverywhere(addr string) bool {
	host, _, _ := net.SplitHostPort(addr) // was checked
	address, err := netip.ParseAddr(host)
	return host == "" || err == nil && address.IsUnspecified()
}

func onLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.IP.IsLoopback()
}

// What answers a misdirected request.
const (
	misdirected        = "This server is not called by this name. If it is, add the name to PARLEY_HOSTS."
	misdirectedGraphQL = `{"errors":[{"message":"` + misdirected + `","extensions":{"code":"FORBIDDEN"}}]}`
)

func misdirect(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/graphql" {
		http.Error(w, misdirected, http.StatusMisdirectedRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusMisdirectedRequest)
	_, _ = w.Write([]byte(misdirectedGraphQL)) // the client may be gone
}
