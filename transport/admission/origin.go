package admission

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// An Origin is where a page comes from (RFC 6454), in one spelling: == tells whether two are the same.
type Origin struct {
	Scheme string // in small letters; ws counts as http and wss as https, as clients that are no browsers write them
	Host   string // as ParseHost gives it
	Port   string // of http and https never empty
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// ParseOrigin reads scheme://host or scheme://host:port. A text that no page's origin can be, "null" for one,
// is refused. What follows the scheme of an app (capacitor://localhost) is taken as it stands, in
// small letters.
func ParseOrigin(text string) (Origin, bool) {
	scheme, host, found := strings.Cut(text, "://")
	scheme = Scheme(scheme)
	if !found || scheme == "" || strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return Origin{}, false
	}
	port, isWeb := defaultPorts[scheme]
	if !isWeb {
		return Origin{scheme, strings.ToLower(host), ""}, host != "" && !strings.ContainsAny(host, "/?#@* \\")
	}
	name, given, ok := ParseHost(host)
	if given != "" {
		port = given
	}
	return Origin{scheme, name, port}, ok
}

// Scheme is a scheme in small letters, without blanks around it, in which ws and wss are http and https.
func Scheme(text string) string {
	switch scheme := strings.ToLower(strings.TrimSpace(text)); scheme {
	case "ws":
		return "http"
	case "wss":
		return "https"
	default:
		return scheme
	}
}

// OriginAllowed checks Origin, which only browsers send: the server's own, or a listed one.
func OriginAllowed(r *http.Request, listed func(origin string) bool) bool {
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0:
		return true
	case len(origins) > 1 || origins[0] == "null":
		return false
	}
	if origin, ok := ParseOrigin(origins[0]); ok && origin == ownOrigin(r) {
		return true
	}
	return listed(origins[0])
}

// ownOrigin is the server's own as the client sees it: no other is equal to that of a Host that cannot be.
func ownOrigin(r *http.Request) Origin {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	own, ok := ParseOrigin(scheme + "://" + r.Host)
	if !ok {
		return Origin{}
	}
	return own
}

// A longer text is no host: a name has 253 characters, of which each may take four bytes.
const maxHost = 1100 // bytes

// hostNames maps names as browsers do (WHATWG URL §3.3, domain to ASCII): names of containers may hold a _.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false),
	idna.StrictDomainName(false), idna.CheckHyphens(false), idna.VerifyDNSLength(true))

// ParseHost reads host or host:port, as the header Host has it. host is a name in small ASCII letters without
// a dot at its end, or an address as netip.Addr writes it, without brackets and zone; port has no leading
// zeros and is empty if there is none. ok: it can be the host of a URL.
func ParseHost(text string) (host, port string, ok bool) {
	if len(text) > maxHost || !utf8.ValidString(text) {
		return "", "", false
	}
	host = text
	if i := strings.LastIndexByte(text, ':'); i > strings.LastIndexByte(text, ']') {
		if port, ok = parsePort(text[i+1:]); !ok {
			return "", "", false
		}
		host = text[:i]
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		address, err := netip.ParseAddr(inside)
		return address.WithZone("").String(), port, ok && err == nil && address.Is6()
	}
	host, err := hostNames.ToASCII(host)
	host = strings.TrimSuffix(host, ".")
	return host, port, err == nil && isHostName(host)
}

// isHostName checks a name in ASCII. One that ends in a number is an address, of which browsers send only the
// usual form.
func isHostName(name string) bool {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	hex, isHex := strings.CutPrefix(last, "0x")
	if strings.Trim(last, "0123456789") == "" || isHex && strings.Trim(hex, "0123456789abcdef") == "" {
		address, err := netip.ParseAddr(name)
		return err == nil && address.Is4()
	}
	return true
}

// parsePort takes no port at all for the default one.
func parsePort(text string) (port string, ok bool) {
	if text == "" {
		return "", true
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return strconv.FormatUint(n, 10), err == nil && n > 0
}
