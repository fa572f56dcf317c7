package settings

import (
	"slices"
	"strings"

	"parley/transport/admission"
)

// Origins are web origins, separated by commas; or * for any.
type Origins []admission.Origin

var anyOrigin = admission.Origin{Scheme: "*"}

// UnmarshalText reads them.
func (o *Origins) UnmarshalText(text []byte) error {
	*o = nil
	for one := range strings.SplitSeq(string(text), ",") {
		one = strings.TrimSpace(one)
		switch origin, ok := admission.ParseOrigin(one); {
		case one == "":
		case one == "*":
			*o = append(*o, anyOrigin)
		case !ok:
			return badValue("no page has the origin %q: want scheme, host and port alone, like https://chat.example.org or http://localhost:5173, separated by commas, or * for any", one)
		default:
			*o = append(*o, origin)
		}
	}
	if len(*o) > 1 && o.Any() {
		return badValue("* stands alone")
	}
	return nil
}

// Any says that every origin is one of them.
func (o Origins) Any() bool { return slices.Contains(o, anyOrigin) }

// Allow checks the header Origin.
func (o Origins) Allow(text string) bool {
	if o.Any() {
		return true // what is no origin of a page too: some apps say file://
	}
	origin, ok := admission.ParseOrigin(text)
	return ok && slices.Contains(o, origin)
}
