package server

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"parley/transport/admission"
)

// hosts are names under which the server may be addressed, separated by commas: a.example, .a.example for it
// and all names below, or * for any.
type hosts []string

func (h *hosts) UnmarshalText(text []byte) error {
	*h = nil
	for one := range strings.SplitSeq(string(text), ",") {
		one = strings.TrimSpace(one)
		below, dotted := strings.CutPrefix(one, ".")
		switch name, port, ok := admission.ParseHost(below); {
		case one == "":
		case one == "*":
			*h = append(*h, one)
		case !ok || port != "" || strings.HasSuffix(below, ":"):
			return badValue("nobody asks for a host called %q: want names without scheme and port, like chat.example.org, .example.org for it and all below, separated by commas, or * for any", one)
		case dotted:
			*h = append(*h, "."+name)
		default:
			*h = append(*h, name)
		}
	}
	if len(*h) > 1 && h.any() {
		return badValue("* stands alone")
	}
	return nil
}

func (h hosts) any() bool { return slices.Contains(h, "*") }

func (h hosts) contain(name string) bool {
	return slices.ContainsFunc(h, func(one string) bool {
		return one == name || strings.HasPrefix(one, ".") && strings.HasSuffix("."+name, one)
	})
}

// notOutside are names that nobody outside can own, and so point where they like: RFC 6761, 6762 and 8375, and
// what ICANN has reserved. A name without a dot is one too.
var notOutside = hosts{".localhost", ".local", ".lan", ".home.arpa", ".internal", ".test"}

// judgeHosts refuses requests to a server on loopback under a name that is not its own. A page that lets its own
// name point at 127.0.0.1 (DNS rebinding) would else be at home there: its reader's browser would let it register
// and read. Behind a proxy or on other addresses the server may have any name, so there only PARLEY_HOSTS is a reason.
// A request without Host comes from no browser.
func judgeHosts(c *Config, next http.Handler) http.Handler {
	everywhere := len(c.Hosts) > 0
	if c.Hosts.any() || !everywhere && (len(c.TrustedProxies) > 0 || listensEverywhere(c.Addr)) {
		return next
	}
	known := slices.Concat(c.Hosts, notOutside, ownHosts(c))
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
func ownHosts(c *Config) (own hosts) {
	host, _, _ := net.SplitHostPort(c.Addr) // was checked
	if name, _, ok := admission.ParseHost(host); ok {
		own = append(own, name)
	}
	for _, origin := range c.CORSAllowedOrigins {
		own = append(own, origin.Host)
	}
	return own
}

// isKnown judges the header Host. An address is no name that could be pointed elsewhere.
func isKnown(known hosts, text string) bool {
	name, _, ok := admission.ParseHost(text)
	if _, err := netip.ParseAddr(name); err == nil {
		return ok
	}
	return ok && (!strings.Contains(name, ".") || known.contain(name))
}

// listensEverywhere says so of an address that is loopback for one connection and not for another.
func listensEverywhere(addr string) bool {
	host, _, _ := net.SplitHostPort(addr) // was checked
	address, err := netip.ParseAddr(host)
	return host == "" || err == nil && address.IsUnspecified()
}

func onLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.IP.IsLoopback()
}

// What a misdirected request is told.
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
