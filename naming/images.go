package naming

import (
	"net/url"
	"strings"
)

// MaxImage is how many bytes the address of a picture has at most: it is shown with everybody who has put something on a chat.
const MaxImage = 500

// CheckImage says why a text is no address of a picture of somebody: TOO_LONG, or BAD_CHARACTER for all but an address of http or https
// in ASCII, without a name or a password in it. Empty: it is one.
func CheckImage(text string) (reason string) {
	if len(text) > MaxImage {
		return "TOO_LONG"
	}
	unfit := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|}", r) }
	address, err := url.Parse(text)
	if err != nil || strings.ContainsFunc(text, unfit) || address.Scheme != "https" && address.Scheme != "http" || address.Hostname() == "" || address.User != nil {
		return "BAD_CHARACTER"
	}
	return ""
}
