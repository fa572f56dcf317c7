package server

import (
	"slices"
	"strings"

	"parley/transport/admission"
)

// Origins are web origins, separated by commas; or * for any.
type origins []admission.Origin

var anyOrigin = admission.Origin{Scheme: "*"}

func (o *origins) UnmarshalText(text []byte) error {
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
	if len(*o) > 1 && o.any() {
		return badValue("* stands alone")
	}
	return nil
}

func (o origins) any() bool { return slices.Contains(o, anyOrigin) }

// allow judges the header Origin.
func (o origins) allow(text string) bool {
	if o.any() {
		return true // what is no origin of a page too: some apps say file://
	}
	origin, ok := admission.ParseOrigin(text)
	return ok && slices.Contains(o, origin)
}
