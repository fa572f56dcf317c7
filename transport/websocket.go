package transport

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/admission"
	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/safe"
	"parley/transport/wire"
)

// webSocket is the subprotocol graphql-transport-ws.
type webSocket struct{ *Transports }

const subprotocol = "graphql-transport-ws"

// Supports takes upgrades to WebSocket, and no other: `curl --http2` sends `Upgrade: h2c`.
func (webSocket) Supports(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header.Values("Upgrade"), "websocket") &&
		hasToken(r.Header.Values("Connection"), "upgrade")
}

// Do opens a socket and returns; the socket lives on.
func (x webSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	x.limitBody(w, r)
	slot, denied := x.gate.EnterSocket(r)
	if denied != nil {
		x.refuse(w, r, denied)
		return
	}
	lives := false
	defer func() {
		if !lives {
			slot.Leave()
		}
	}()
	if no := x.mayUpgrade(r); no != nil {
		x.refuse(w, r, no)
		return
	}
	lives = x.open(w, r, exec, slot)
}

// open makes a socket of a request that was judged, and answers whether it lives. The slot is then the socket's.
func (x webSocket) open(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, slot *admission.Slot) bool {
	conn, rw, _, err := x.upgrader(r).Upgrade(handshake(r), w)
	if err != nil {
		if conn != nil {
			_ = conn.Close() // it never became a socket
		}
		return false
	}
	early, _ := rw.Peek(rw.Reader.Buffered()) // sent with the handshake; never fails
	s := newSocket(x.Transports, exec, conn, bytes.Clone(early), slot.Address())
	s.slot, s.credentials = slot, operation.Credentials{RemoteAddr: r.RemoteAddr, UserAgent: r.UserAgent()}
	s.ctx, s.cancel = context.WithCancel(x.options.Detach(r.Context())) // that ends when Do returns
	entered := x.registry.AddSocket(s)
	switch { // before anything is read, or what came with the handshake could be answered
	case !entered:
		s.end(closeRestart)
	case !offers(r): // a browser shows a close code, but no HTTP status
		s.end(closeSubprotocol)
	}
	go safe.Run(s.ctx, x.options.Logger, func() { defer slot.Leave(); s.serve() }, nil)
	return true
}

// mayUpgrade checks the rest before the connection is hijacked: gobwas/ws would do so first and then
// refuse in plain text, and it never looks at Origin.
func (x webSocket) mayUpgrade(r *http.Request) *refusal.Refusal {
	key, err := base64.StdEncoding.Strict().DecodeString(r.Header.Get("Sec-Websocket-Key"))
	switch {
	case !r.ProtoAtLeast(1, 1):
		return badHTTP
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return badVersion
	case err != nil || len(key) != 16:
		return badKey
	case !admission.OriginAllowed(r, x.options.Origins):
		return badOrigin
	}
	return nil
}

// offers compares letter by letter: a client that offered another spelling would take ours for none of its own
// (RFC 6455 §4.1).
func offers(r *http.Request) bool {
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for one := range strings.SplitSeq(line, ",") {
			if strings.Trim(one, " \t") == subprotocol {
				return true
			}
		}
	}
	return false
}

// upgrader confirms the subprotocol by a header of its own: gobwas/ws would answer an odd list of
// subprotocols with plain text.
func (x webSocket) upgrader(r *http.Request) ws.HTTPUpgrader {
	u := ws.HTTPUpgrader{Timeout: x.options.WriteTimeout}
	if offers(r) {
		u.Header = http.Header{"Sec-WebSocket-Protocol": {subprotocol}}
	}
	return u
}

// handshake is the checked part of the request, so that gobwas/ws has nothing left to refuse.
func handshake(r *http.Request) *http.Request {
	return &http.Request{
		Method: r.Method, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor, Host: r.Host,
		Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": r.Header.Values("Sec-Websocket-Key")[:1],
		},
	}
}

// initialise takes connection_init. Identify runs beside the reader, so that a second init is seen meanwhile.
func (s *socket) initialise(payload []byte) ws.StatusCode {
	fields, ok := map[string]any(nil), true
	if !wire.IsAbsent(payload) {
		ok = wire.ReadObject(payload, &fields) && !wire.HasHalfPair(payload)
	}
	if !s.enter(fresh, checking) {
		return closeSecondInit
	}
	if !ok {
		return closeBadMessage
	}
	credentials, ok := withToken(s.credentials, fields)
	switch {
	case !ok:
		return closeForbidden
	case len(credentials.Authorization) == 0 && hasNestedToken(fields, false):
		s.endWith(&ending{frame: closeFrameSaying(closeForbidden, misplacedToken), code: closeForbidden}, s.t.tuning.cut)
		return 0
	}
	s.start(func() { s.signIn(credentials) }, func() { s.end(closeTryLater) })
	return 0
}

func (s *socket) signIn(c operation.Credentials) {
	ctx, session, no := s.t.options.Identify(s.ctx, c)
	if no != nil {
		s.t.operations.CountErrors(gqlerror.List{no})
		s.end(refusedSocket(no))
		return
	}
	if !s.signedIn(ctx, session) {
		return
	}
	if session.ID != "" && s.t.registry.HasEnded(session.ID) {
		s.end(closeNotSignedIn)
		return
	}
	if s.slot.SignIn(session.User) != nil {
		s.end(closeTryLater) // 4429 would be final
		return
	}
	s.control(textFrame([]byte(`{"type":"connection_ack"}`)), func() { s.enter(checking, ready) })
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
		text = bearer(text)
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
// nobody, without a word.
func hasNestedToken(object map[string]any, isNested bool) bool {
	for key, value := range object {
		text, isText := value.(string)
		inner, _ := value.(map[string]any)
		if isNested && isText && strings.EqualFold(key, "Authorization") && bearer(text) != "" || hasNestedToken(inner, true) {
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
