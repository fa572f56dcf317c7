package accounts

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"

	"parley/auth"
	"parley/auth/attempts"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/auth/usernames"
	"parley/db"
)

// RowCheck answers a check of the rows of an import: what this package would not have stored is wrong. Rows of other tables
// pass, but for the usernames on chats. It is for one goroutine.
func RowCheck() func(db.Row) error {
	authors := map[string]bool{} // usernames on chats that are good
	return func(r db.Row) error {
		switch r.Table() {
		case "users":
			return checkUser(r)
		case "sessions":
			return checkSession(r)
		case "login_limits":
			bucket, _ := r.Value("bucket")
			return attempts.CheckBucket(bucket)
		case "chats":
			username, _ := r.Value("username")
			if authors[username] {
				return nil
			}
			if _, err := shownName("chats.username", username); err != nil {
				return err
			}
			if len(authors) >= 10_000 { // an export has any number of them
				clear(authors)
			}
			authors[username] = true
		}
		return nil
	}
}

// shownName answers the key of a username as it was given at registration.
func shownName(column, username string) (key string, err error) {
	n, reason := usernames.Parse(username)
	switch {
	case reason != "":
		return "", fmt.Errorf("%s: no username: %s", column, reason)
	case n.Display != username:
		return "", fmt.Errorf("%s: not in the normal form NFC", column)
	}
	return n.Key, nil
}

func checkUser(r db.Row) error {
	username, _ := r.Value("username")
	want, err := shownName("users.username", username)
	if err != nil {
		return err
	}
	key, _ := r.Value("username_key")
	_, deleted := r.Value("deleted_at")
	text, has := r.Value("password_hash")
	switch {
	case key != want:
		return errors.New("users.username_key: not that of the username")
	case has == deleted:
		return errors.New("users.password_hash: all have one but deleted users")
	case has:
		err = passwords.CheckHash(text)
	}
	return err
}

// Reasons of sessions that ended.
var endedFor = map[string]bool{
	auth.ReasonLogout: true, auth.ReasonSessionEnded: true, auth.ReasonPasswordChanged: true, auth.ReasonAccountDeleted: true,
	auth.ReasonTokenReused: true, auth.ReasonTooManySessions: true,
}

func checkSession(r db.Row) error {
	_, ended := r.Value("revoked_at")
	reason, said := r.Value("revoked_reason")
	retry, has := r.Value("retry_hash")
	kid, _ := r.Value("refresh_kid")
	switch id, err := hex.DecodeString(kid); {
	case ended != said || said && !endedFor[reason]:
		return errors.New("sessions.revoked_reason: does not fit")
	case has && len(retry) != 32:
		return errors.New("sessions.retry_hash: want 32 bytes")
	case err != nil || len(id) != 8 || hex.EncodeToString(id) != kid:
		return errors.New("sessions.refresh_kid: want 16 digits in lower-case hex")
	}
	return checkClient(r)
}

// checkClient wants what columns would have made.
func checkClient(r db.Row) error {
	var c auth.Client
	var hasAgent bool
	c.UserAgent, hasAgent = r.Value("user_agent")
	address, hasAddress := r.Value("ip_address")
	network, hasNetwork := r.Value("ip_network")
	if hasAddress {
		c.Address, _ = netip.ParseAddr(address)
	}
	same := func(text string, there bool, want *string) bool {
		return there == (want != nil) && (want == nil || text == *want)
	}
	agent, one, many := rows.ClientColumns(c)
	switch {
	case !same(c.UserAgent, hasAgent, agent):
		return fmt.Errorf("sessions.user_agent: want 1 to %d bytes without control characters", rows.MaxUserAgent)
	case !same(address, hasAddress, one) || !same(network, hasNetwork, many):
		return errors.New("sessions.ip_address and ip_network: want an address and what is counted as its network")
	}
	return nil
}
