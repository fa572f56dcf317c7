package settings

import (
	"io"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// In a namespace with services called parley, parley-db and parley-ns of IPv6 the server starts with what
// Kubernetes writes into its environment.
func TestKubernetesWritesIntoTheEnvironment(t *testing.T) {
	harness.StartProcessIn(t, harness.Environment{Env: []string{
		"PARLEY_SERVICE_HOST=10.96.12.3", "PARLEY_SERVICE_PORT=8080", "PARLEY_SERVICE_PORT_HTTP=8080", "PARLEY_SERVICE_PORT_WEB_UI=8081",
		"PARLEY_PORT=tcp://10.96.12.3:8080", "PARLEY_PORT_8080_TCP=tcp://10.96.12.3:8080", "PARLEY_PORT_8080_TCP_PROTO=tcp",
		"PARLEY_PORT_8080_TCP_PORT=8080", "PARLEY_PORT_8080_TCP_ADDR=10.96.12.3",
		"PARLEY_DB_SERVICE_HOST=10.96.12.4", "PARLEY_DB_SERVICE_PORT=5432", "PARLEY_DB_SERVICE_PORT_POSTGRES=5432", "PARLEY_DB_PORT=tcp://10.96.12.4:5432",
		"PARLEY_DB_PORT_5432_TCP=tcp://10.96.12.4:5432", "PARLEY_DB_PORT_5432_TCP_PROTO=tcp", "PARLEY_DB_PORT_5432_TCP_PORT=5432", "PARLEY_DB_PORT_5432_TCP_ADDR=10.96.12.4",
		"PARLEY_NS_SERVICE_HOST=fd00::1:3", "PARLEY_NS_PORT=udp://[fd00::1:3]:53", "PARLEY_NS_PORT_53_UDP=udp://[fd00::1:3]:53", "PARLEY_NS_PORT_53_UDP_PROTO=udp",
		"PARLEY_NS_PORT_53_UDP_ADDR=fd00::1:3", "PARLEY_PORT_9_SCTP=sctp://10.96.12.3:9",
	}}, harness.DataDir(t))
}

// What a person takes for a setting is still refused, by its name.
func TestWhatKubernetesDoesNotWrite(t *testing.T) {
	for _, variable := range []string{
		"PARLEY_PORT=8080", "PARLEY_PORT=", "PARLEY_PORT=:8080", "PARLEY_PORT=http://10.96.12.3:8080", "PARLEY_PORT=tcp://parley:8080", "PARLEY_PORTS=tcp://10.96.12.3:8080",
		"PARLEY_PORT_8080=tcp://10.96.12.3:8080", "PARLEY_PORT_8080_HTTP=tcp://10.96.12.3:8080", "PARLEY_PORT_8080_TCP_NAME=x", "PARLEY_PORT_8080_TCP_PROTO=http",
		"PARLEY_SERVICE_HOST=chat.example.org", "PARLEY_SERVICE_PORT=tcp", "PARLEY_SERVICE_NAME=parley", "PARLEY_SERVICE=x", "PARLEY_HOST=10.96.12.3",
	} {
		var stderr strings.Builder
		name, _, _ := strings.Cut(variable, "=")
		if status := harness.RunProgram([]string{"version"}, []string{variable}, io.Discard, &stderr); status != 1 || !strings.Contains(stderr.String(), name+": there is no such setting") {
			t.Errorf("%s: status %d, %s", variable, status, stderr.String())
		}
	}
}
