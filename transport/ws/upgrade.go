package ws

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	gobwas "github.com/gobwas/ws"

	"parley/transport/admission"
	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/safe"
	"parley/transport/ws/frame"
)

const subprotocol = "graphql-transport-ws"

var (
	badVersion = refusal.New(http.StatusUpgradeRequired, refusal.BadInput, refusal.Malformed, "Use version 13 of the WebSocket protocol.")
	badKey     = refusal.New(http.StatusBadRequest, refusal.BadInput, refusal.Malformed, "Sec-WebSocket-Key is not 16 bytes in base64.")
	badHTTP    = refusal.New(http.StatusBadRequest, refusal.BadInput, refusal.Malformed, "A WebSocket needs HTTP/1.1. A proxy in front may speak HTTP/1.0 to this server.")
	badOrigin  = refusal.New(http.StatusForbidden, refusal.Forbidden, "", "Pages of this origin may not open sockets.")
)

// Supports takes upgrades to WebSocket, and no other: `curl --http2` sends `Upgrade: h2c`.
func (*Sockets) Supports(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header.Values("Upgrade"), "websocket") &&
		hasToken(r.Header.Values("Connection"), "upgrade")
}

// Do opens a socket and returns; the socket lives on.
func (x *Sockets) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	slot, denied := x.Gate.EnterSocket(r)
	if denied != nil {
		x.Refuse(w, r, denied)
		return
	}
	lives := false
	defer func() {
		if !lives {
			slot.Leave()
		}
	}()
	if no := x.mayUpgrade(r); no != nil {
		x.Refuse(w, r, no)
		return
	}
	lives = x.open(w, r, exec, slot)
}

// open makes a socket of a request that was admitted, and returns whether it lives. The slot is then the socket's.
func (x *Sockets) open(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, slot *admission.Slot) bool {
	conn, rw, _, err := x.upgrader(r).Upgrade(handshake(r), w)
	if err != nil {
		if conn != nil {
			_ = conn.Close() // it never became a socket
		}
		return false
	}
	early, _ := rw.Peek(rw.Reader.Buffered()) // sent with the handshake; never fails
	s := newSocket(x, exec, conn, bytes.Clone(early), slot)
	s.credentials = operation.Credentials{RemoteAddr: r.RemoteAddr, UserAgent: r.UserAgent()}
	s.ctx, s.cancel = context.WithCancel(x.Detach(r.Context())) // that ends when Do returns
	entered := x.Registry.AddSocket(s)
	switch { // before anything is read, or what came with the handshake could be answered
	case !entered:
		s.close(frame.CloseRestart)
	case !offers(r): // a browser shows a close code, but no HTTP status
		s.close(frame.CloseSubprotocol)
	}
	go safe.Run(s.ctx, x.Operations.Logger, func() { defer slot.Leave(); s.serve() }, nil)
	return true
}

// mayUpgrade checks the rest before the connection is hijacked: gobwas/ws would do so first and then
// refuse in plain text, and it never looks at Origin.
func (x *Sockets) mayUpgrade(r *http.Request) *refusal.Refusal {
	key, err := base64.StdEncoding.Strict().DecodeString(r.Header.Get("Sec-Websocket-Key"))
	switch {
	case !r.ProtoAtLeast(1, 1):
		return badHTTP
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return badVersion
	case err != nil || len(key) != 16:
		return badKey
	case !admission.OriginAllowed(r, x.Origins):
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
func (x *Sockets) upgrader(r *http.Request) gobwas.HTTPUpgrader {
	u := gobwas.HTTPUpgrader{Timeout: x.WriteTimeout}
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

// hasToken tells whether a comma-separated header names a token, in any case of letters.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(one), token) {
				return true
			}
		}
	}
	return false
}
