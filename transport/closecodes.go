package transport

import (
	"fmt"
	"slices"

	"github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/refusal"
)

// The close codes that the server sends of its own accord. graphql-ws takes 4400, 4401, 4406, 4409,
// 4429 and 1009 for final, and comes back after the others. It also comes back after 1000, but at once
// and without end, so that is sent only to answer a client's 1000.
const (
	closeTooBig      ws.StatusCode = 1009
	closeRestart     ws.StatusCode = 1012
	closeTryLater    ws.StatusCode = 1013
	closeBadMessage  ws.StatusCode = 4400
	closeNotSignedIn ws.StatusCode = 4401
	closeForbidden   ws.StatusCode = 4403
	closeSubprotocol ws.StatusCode = 4406
	closeNoInit      ws.StatusCode = 4408
	closeIDInUse     ws.StatusCode = 4409
	closeSecondInit  ws.StatusCode = 4429
)

// reason goes into the close frame, where it has at most 123 bytes: constants only.
func reason(code ws.StatusCode) string {
	switch code {
	case closeTooBig:
		return "Message too big"
	case closeRestart:
		return "Server is going down"
	case closeTryLater:
		return "Try again later"
	case closeBadMessage:
		return "Not the graphql-transport-ws protocol"
	case closeNotSignedIn:
		return "Unauthorized"
	case closeForbidden:
		return "Forbidden"
	case closeSubprotocol:
		return "Subprotocol not acceptable"
	case closeNoInit:
		return "Connection initialisation timeout"
	case closeIDInUse:
		return "Subscriber already exists"
	case closeSecondInit:
		return "Too many initialisation requests"
	}
	panic(fmt.Sprintf("transport: close code %d has no reason", code))
}

// misplacedToken is the reason, beside closeForbidden, when a token lies where nobody looks for it.
const misplacedToken = "Put the token into the payload of connection_init itself, as Authorization"

// passing is the close code for an operation whose errors pass by themselves, and 0 for all others.
func passing(errs gqlerror.List) ws.StatusCode {
	switch refusal.Passing(errs) {
	case refusal.ShuttingDown:
		return closeRestart
	case refusal.Busy:
		return closeTryLater
	}
	return 0
}

// refusedSocket is the close code for a connection_init that Identify refused.
func refusedSocket(err *gqlerror.Error) ws.StatusCode {
	codes := refusal.CodesOf(gqlerror.List{err})
	switch {
	case slices.Contains(codes, refusal.SessionRevoked):
		return closeNotSignedIn
	case slices.Contains(codes, refusal.Busy):
		return closeTryLater
	}
	return closeForbidden
}
