package settings

import (
	"slices"
	"strings"

	"parley/transport/admission"
)

// Hosts are names under which the server may be addressed, separated by commas: a.example, .a.example for it
// and all names below, or * for any.
type Hosts []string

// UnmarshalText reads them.
func (h *Hosts) UnmarshalText(text []byte) error {
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
	if len(*h) > 1 && h.Any() {
		return badValue("* stands alone")
	}
	return nil
}

// Any says that every name is one of them.
func (h Hosts) Any() bool { return slices.Contains(h, "*") }

// Contains says whether a name is one of them or lies below one.
func (h Hosts) Contains(name string) bool {
	return slices.ContainsFunc(h, func(one string) bool {
		return one == name || strings.HasPrefix(one, ".") && strings.HasSuffix("."+name, one)
	})
}
