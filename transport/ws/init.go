package ws

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/wire"
	"parley/transport/ws/frame"
)

// initialise takes connection_init. Identify runs beside the reader, so that a second init is seen meanwhile.
func (s *socket) initialise(payload []byte) frame.Code {
	fields, ok := map[string]any(nil), true
	if !wire.IsAbsent(payload) {
		ok = wire.ReadObject(payload, &fields) && !wire.HasHalfPair(payload)
	}
	if !s.enter(fresh, checking) {
		return frame.CloseSecondInit
	}
	if !ok {
		return frame.CloseBadMessage
	}
	credentials, ok := withToken(s.credentials, fields)
	switch {
	case !ok:
		return frame.CloseForbidden
	case len(credentials.Authorization) == 0 && hasNestedToken(fields, false):
		s.closeWith(&closing{frame: frame.CloseSaying(frame.CloseForbidden, misplacedToken), code: frame.CloseForbidden}, s.sockets.Cut)
		return 0
	}
	s.start(func() { s.signIn(credentials) }, func() { s.close(frame.CloseTryLater) })
	return 0
}

func (s *socket) signIn(c operation.Credentials) {
	ctx, session, no := s.sockets.Operations.Identify(s.ctx, c)
	if no != nil {
		s.sockets.Operations.CountErrors(gqlerror.List{no})
		s.close(refusedSocket(no))
		return
	}
	if !s.signedIn(ctx, session) {
		return
	}
	if session.ID != "" && s.sockets.Registry.HasEnded(session.ID) {
		s.close(frame.CloseNotSignedIn)
		return
	}
	if s.slot.SignIn(session.User) != nil {
		s.close(frame.CloseTryLater) // 4429 would be final
		return
	}
	s.control(frame.Ack(), func() { s.enter(checking, ready) })
}

// withToken finds the token in the payload of connection_init. Two different ones are refused, and one that
// is no string.
func withToken(c operation.Credentials, payload map[string]any) (operation.Credentials, bool) {
	var token string
	for _, key := range []string{"Authorization", "authorization"} {
		value, given := payload[key]
		if !given || value == nil {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return c, false
		}
		text = operation.Bearer(text)
		if text != "" && token != "" && text != token {
			return c, false
		}
		token = max(token, text) // one of them is empty, or they are equal
	}
	if token != "" {
		c.Authorization = []string{"Bearer " + token}
	}
	return c, true
}

// hasNestedToken tells whether an object within the payload holds a token, as `headers` does: whoever sent that would be
// nobody, and not be told.
func hasNestedToken(object map[string]any, isNested bool) bool {
	for key, value := range object {
		text, isText := value.(string)
		inner, _ := value.(map[string]any)
		if isNested && isText && strings.EqualFold(key, "Authorization") && operation.Bearer(text) != "" || hasNestedToken(inner, true) {
			return true
		}
	}
	return false
}

type renewalKey struct{}

// Renew tells the socket on which an operation with ctx runs that its session is good until then, leeway
// included: the deadline moves and all streams run on. It does nothing if the socket belongs to another
// session, or is none. Call it when the new tokens are stored.
func Renew(ctx context.Context, sessionID string, until time.Time) {
	if s, ok := ctx.Value(renewalKey{}).(*socket); ok {
		s.renew(sessionID, until)
	}
}

// misplacedToken is the reason, beside CloseForbidden, when a token lies where nobody looks for it.
const misplacedToken = "Put the token into the payload of connection_init itself, as Authorization"

// refusedSocket is the close code for a connection_init that Identify refused.
func refusedSocket(err *gqlerror.Error) frame.Code {
	codes := refusal.CodesOf(gqlerror.List{err})
	switch {
	case slices.Contains(codes, refusal.SessionRevoked):
		return frame.CloseNotSignedIn
	case slices.Contains(codes, refusal.Busy):
		return frame.CloseTryLater
	}
	return frame.CloseForbidden
}
