package load

import (
	"maps"
	"slices"

	"parley/bench/report"
)

// Tally adds up the last measurement's times and the whole run's refusals.
func Tally(senders []*Sender) (*report.Histogram, map[string]int) {
	times, codes := &report.Histogram{}, map[string]int{}
	for _, s := range senders {
		times.Merge(&s.Times)
		for code, n := range s.Codes {
			codes[code] += n
		}
	}
	return times, codes
}

// WrongCodes picks the refusals that no load excuses.
func WrongCodes(codes map[string]int) (p report.Problems) {
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		switch code {
		case "SERVER_BUSY", "RATE_LIMITED", "TIMEOUT", "UNKNOWN_OUTCOME", "STORAGE_FULL", "SHUTTING_DOWN", "HTTP_429", "HTTP_503":
		default:
			p.Add("%d × %s", codes[code], code)
		}
	}
	return p
}
