package frame

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gobwas/ws"
)

// A Code is that of a close frame.
type Code = ws.StatusCode

// The close codes that the server sends of its own accord. graphql-ws takes 4400, 4401, 4406, 4409,
// 4429 and 1009 for final, and comes back after the others. It also comes back after 1000, but at once
// and without end, so that is sent only to answer a client's 1000.
const (
	CloseTooBig      Code = 1009
	CloseRestart     Code = 1012
	CloseTryLater    Code = 1013
	CloseBadMessage  Code = 4400
	CloseNotSignedIn Code = 4401
	CloseForbidden   Code = 4403
	CloseSubprotocol Code = 4406
	CloseNoInit      Code = 4408
	CloseIDInUse     Code = 4409
	CloseSecondInit  Code = 4429
)

// reasons go into close frames, where they have at most 123 bytes: constants only.
var reasons = map[Code]string{
	CloseTooBig:      "Message too big",
	CloseRestart:     "Server is going down",
	CloseTryLater:    "Try again later",
	CloseBadMessage:  "Not the graphql-transport-ws protocol",
	CloseNotSignedIn: "Unauthorized",
	CloseForbidden:   "Forbidden",
	CloseSubprotocol: "Subprotocol not acceptable",
	CloseNoInit:      "Connection initialisation timeout",
	CloseIDInUse:     "Subscriber already exists",
	CloseSecondInit:  "Too many initialisation requests",
}

// Codes are all that the server sends.
func Codes() []Code { return slices.Sorted(maps.Keys(reasons)) }

// Close is a close frame.
func Close(code Code) []byte {
	reason, ok := reasons[code]
	if !ok {
		panic(fmt.Sprintf("frame: close code %d has no reason", code))
	}
	return CloseSaying(code, reason)
}

// CloseSaying is a close frame with a reason of its own, of at most 123 bytes.
func CloseSaying(code Code, reason string) []byte {
	return ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason)))
}

// CloseEcho repeats the code of a peer's close frame, and not its reason.
func CloseEcho(payload []byte) []byte {
	return ws.MustCompileFrame(ws.NewCloseFrame(payload[:min(len(payload), 2)]))
}
