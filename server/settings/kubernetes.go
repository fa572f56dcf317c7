package settings

import (
	"net/netip"
	"regexp"
	"strings"
)

// Kubernetes writes into each container where the services of its namespace are, so a service called parley or
// parley-… looks like our settings (kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
// The value tells it from a setting that somebody takes for one: PARLEY_PORT=8080.
var (
	serviceHost = regexp.MustCompile(`_SERVICE_HOST$|_PORT_\d+_(TCP|UDP|SCTP)_ADDR$`)
	servicePort = regexp.MustCompile(`_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)_PORT$`)
	serviceURL  = regexp.MustCompile(`_PORT(_\d+_(TCP|UDP|SCTP))?$`)
	protocol    = regexp.MustCompile(`_PORT_\d+_(TCP|UDP|SCTP)_PROTO$`)
)

func isFromKubernetes(name, value string) bool {
	switch {
	case serviceHost.MatchString(name):
		_, err := netip.ParseAddr(value)
		return err == nil
	case servicePort.MatchString(name):
		return value != "" && strings.Trim(value, "0123456789") == ""
	case serviceURL.MatchString(name):
		scheme, at, _ := strings.Cut(value, "://")
		_, err := netip.ParseAddrPort(at)
		return err == nil && isProtocol(scheme)
	case protocol.MatchString(name):
		return isProtocol(value)
	}
	return false
}

func isProtocol(text string) bool { return text == "tcp" || text == "udp" || text == "sctp" }
