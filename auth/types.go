package auth

import (
	"net/netip"
	"time"

	"github.com/google/uuid"

	"parley/naming"
)

// User is a person with an account, as everybody may see them.
type User struct {
	ID        uuid.UUID
	Username  string // in the spelling given at registration
	CreatedAt time.Time

	Name       string  // what is shown; the username where nothing is set
	Image      *string // an address; nil: none
	IsBot      bool
	IsDisabled bool // let in nowhere
	IsAdmin    bool // of the server
}

// ServerRole is what a user may do on the server.
func (u *User) ServerRole() ServerRole {
	if u.IsAdmin {
		return ServerAdmin
	}
	return ServerMember
}

// ServerRole says what somebody may do on the server beside what they may in rooms.
type ServerRole string

// The roles.
const (
	ServerAdmin  ServerRole = "ADMIN" // made by the shell
	ServerMember ServerRole = "MEMBER"
)

// Registration says who may make an account; the shell always may.
type Registration string

// Who may.
const (
	RegistrationOpen   Registration = "OPEN"   // everybody
	RegistrationInvite Registration = "INVITE" // whoever has the code of an invite to the server
	RegistrationClosed Registration = "CLOSED" // nobody
)

// Invite lets people make an account.
type Invite struct {
	ID        uuid.UUID
	Code      string
	Uses      *int       // nil: any number
	UsesLeft  *int       // likewise
	Until     *time.Time // when it ends; nil: it does not by time
	CreatedBy uuid.UUID  // whose account may be gone; uuid.Nil: the shell made it
	CreatedAt time.Time
}

// Tokens are what a sign-in or a refresh returns, and whose they are. Printed or logged they show
// neither token.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          *string
	RefreshTokenExpiresAt time.Time
	User                  *User
	SessionID             uuid.UUID
}

// BotToken is a bot with its token, which is known when it is made and never again. Printed or logged it shows no token.
type BotToken struct {
	Bot   *User
	Token *string // nil: it was made before
}

// Identity is who is asking, proven by an access token of a live session, or by a bot's token.
type Identity struct {
	User      *User
	SessionID uuid.UUID // of a bot: one that this node has made up for its token, and no row has
	ExpiresAt time.Time // exp of the access token; it is accepted for the leeway longer. Zero: never, of a bot
}

// Client is where a sign-in or a refresh comes from, as shown in the list of sessions.
type Client struct {
	Address   netip.Addr // the zero value: not known
	UserAgent string
}

// Network is what limits call one network (naming.Network) of the client; empty: not known.
func (c Client) Network() string {
	if !c.Address.IsValid() {
		return ""
	}
	return naming.Network(c.Address).String()
}

// LogoutScope says which sessions Logout ends.
type LogoutScope string

// The scopes of Logout.
const (
	LogoutCurrent LogoutScope = "CURRENT" // the one the token names
	LogoutOthers  LogoutScope = "OTHERS"  // all of that user but this one
	LogoutAll     LogoutScope = "ALL"     // all of that user
)

// Session is one sign-in on one device, as its owner sees it.
type Session struct {
	ID         uuid.UUID
	CreatedAt  time.Time
	LastUsedAt time.Time
	UserAgent  *string // of the last sign-in or refresh; nil: not known
	IPAddress  *string // the same
	IsCurrent  bool    // it is the one that asks
}

// UserPage is a part of the list of users, ordered by username key.
type UserPage struct {
	Edges                        []UserEdge
	StartCursor, EndCursor       *string // nil when the page is empty
	HasPreviousPage, HasNextPage bool
}

// UserEdge is a user and where they stand in the list.
type UserEdge struct {
	Cursor string
	Node   *User
}

// Nodes are the users of the page without their edges.
func (p *UserPage) Nodes() []*User {
	users := make([]*User, len(p.Edges))
	for i, e := range p.Edges {
		users[i] = e.Node
	}
	return users
}
