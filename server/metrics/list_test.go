package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each metric is described for operators and shown on the dashboard, and neither names one that is not.
func TestMetricsAreDescribed(t *testing.T) {
	there := map[string]bool{}
	for _, m := range shown {
		there[regexp.MustCompile(`fqName: "(\w+)"`).FindStringSubmatch(m.desc.String())[1]] = true
	}
	if len(there) < 30 {
		t.Fatalf("only %d metrics", len(there))
	}
	for _, file := range []string{"../../docs/operate.md", "../../deploy/grafana-dashboard.json"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, section, found := strings.Cut(string(text), "## Metrics\n"); found {
			section, _, _ = strings.Cut(section, "\n## ")
			text = []byte(section)
		}
		named := map[string]bool{}
		for _, name := range regexp.MustCompile(`parley_[a-z_]+`).FindAllString(string(text), -1) {
			named[strings.TrimSuffix(name, "_bucket")] = true
		}
		for name := range there {
			if !named[name] {
				t.Errorf("%s does not name %s", file, name)
			}
		}
		for name := range named {
			if !there[name] {
				t.Errorf("%s names %s, which there is not", file, name)
			}
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(text) {
			t.Errorf("%s is not JSON", file)
		}
	}
}
