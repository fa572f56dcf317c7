package sessions

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"

	"parley/auth"
	"parley/auth/rows"
	"parley/db/tables"
)

// endedFor are the reasons of sessions that ended.
var endedFor = map[string]bool{
	auth.ReasonLogout: true, auth.ReasonSessionEnded: true, auth.ReasonPasswordChanged: true, auth.ReasonAccountDeleted: true,
	auth.ReasonTokenReused: true, auth.ReasonTooManySessions: true, auth.ReasonDisabled: true,
}

// CheckRow returns an error when a row of an import is none that this package would have stored.
func CheckRow(r tables.Row) error {
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

// checkClient wants what rows.ClientColumns would have made.
func checkClient(r tables.Row) error {
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
