package limits

import (
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// Each limit of admission is named when it refuses.
func TestRefusalsNameTheirSetting(t *testing.T) {
	for name, flags := range map[string][]string{
		"max_connections":             {"--max-connections", "1"},
		"max_connections_per_address": {"--max-connections-per-address", "1"},
		"max_unsigned_per_address":    {"--max-unsigned-per-address", "1"},
		"accept_rate":                 {"--accept-rate", "1/1h"},
		"max_connections_per_user":    {"--max-connections-per-user", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, ann := newLimited(t, append(flags, "--metrics-addr", "127.0.0.1:0")...)
			const address = "198.51.100.1"
			refused := 0
			for range 4 {
				if name == "max_connections_per_user" {
					k := s.Dial(ann)
					if m, _ := k.Read(); m.Type != "connection_ack" {
						refused++
					}
				} else if k, _ := tryDial(s, address); k == nil {
					refused++
				}
			}
			harness.Eventually(t, "a line", func() bool { return harness.RefusalsIn(t, s.Log.String(), name) > 0 })
			if want := fmt.Sprintf("parley_no_room_total{setting=%q} %d\n", name, refused); refused == 0 || !strings.Contains(s.Scrape(), want) {
				t.Errorf("no line %s", want)
			}
			if err := s.Stop(); err != nil || harness.RefusalsIn(t, s.Log.String(), name) != refused {
				t.Errorf("%v; %d are said, %d were refused", err, harness.RefusalsIn(t, s.Log.String(), name), refused)
			}
		})
	}
}
