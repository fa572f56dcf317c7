package server

import "regexp"

// MetricNames are all metrics that may be shown.
func MetricNames() (names []string) {
	for _, m := range shown {
		names = append(names, regexp.MustCompile(`fqName: "(\w+)"`).FindStringSubmatch(m.desc.String())[1])
	}
	return names
}
