package rows

import (
	"strings"
	"unicode"

	"parley/auth"
	"parley/ent"
	"parley/ent/user"
)

// User is what a user's row says.
func User(row *ent.User) *auth.User {
	u := &auth.User{
		ID: row.ID, Username: row.Username, CreatedAt: row.CreatedAt.UTC(), Name: row.Username, Image: row.Image,
		IsBot: isSet(row.Bot), IsDisabled: row.DisabledAt != nil, IsAdmin: isSet(row.Admin),
	}
	if row.Name != nil {
		u.Name = *row.Name
	}
	return u
}

// UserColumns are those that User reads.
var UserColumns = []string{
	user.FieldID, user.FieldUsername, user.FieldCreatedAt, user.FieldName, user.FieldImage, user.FieldBot, user.FieldDisabledAt, user.FieldAdmin,
}

func isSet(flag *bool) bool { return flag != nil && *flag }

// MaxUserAgent is how much of a User-Agent is kept, in bytes.
const MaxUserAgent = 256

// ClientColumns are what a session row says of a client; nil where nothing is known.
func ClientColumns(c auth.Client) (agent, address, network *string) {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(c.UserAgent, ""))
	if len(clean) > MaxUserAgent {
		clean = strings.ToValidUTF8(clean[:MaxUserAgent], "") // half a character at the end
	}
	if clean != "" {
		agent = &clean
	}
	if !c.Address.IsValid() {
		return agent, nil, nil
	}
	one, many := c.Address.Unmap().WithZone("").String(), c.Network()
	return agent, &one, &many
}
