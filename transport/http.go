package transport

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/admission"
	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/safe"
	"parley/transport/wire"
)

// plainHTTP is GraphQL over HTTP: one request, one answer. It takes whatever the others leave.
type plainHTTP struct{ *Transports }

// Supports takes every request.
func (plainHTTP) Supports(*http.Request) bool { return true }

// Do answers one request.
func (h plainHTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	safe.Run(r.Context(), h.options.Logger, func() { h.serve(w, r, exec) }, func() {
		h.answer(w, r, http.StatusInternalServerError, &graphql.Response{Errors: h.operations.Fault(r.Context())})
	})
}

func (h plainHTTP) serve(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	h.limitBody(w, r)
	if denied := h.gate.Admit(r); denied != nil {
		h.refuse(w, r, denied)
		return
	}
	params, no := h.read(w, r)
	if no != nil {
		h.refuse(w, r, no)
		return
	}
	ctx, session := h.identify(r)
	op, failed := h.operations.Prepare(ctx, exec, params)
	switch {
	case r.Method == http.MethodGet && operation.IsKind(op, ast.Mutation):
		h.refuse(w, r, badGet)
	case operation.IsKind(op, ast.Subscription):
		if failed == nil {
			h.operations.Count(op, operation.OutcomeRefused)
		}
		h.requestError(w, r, gqlerror.List{h.options.Refuse(ctx, noStream.Code, noStream.Reason, noStream.Message)})
	case failed != nil:
		h.requestError(w, r, failed.Errors)
	default:
		one := h.operations.Execute(ctx, exec, op, budget.HolderOf(session.User, admission.AddressOf(r.RemoteAddr)), closeOf(ctx))
		defer one.Answer.Taken()
		h.result(w, r, one)
	}
}

// read checks a request in the order of what is cheapest.
func (h plainHTTP) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal.Refusal) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return nil, badMethod
	case preferred(r) == "":
		return nil, badAccept
	case r.Method == http.MethodPost:
		return h.readBody(w, r)
	}
	return wire.ParseURL(r.URL.RawQuery)
}

// identify asks who sends a request. What is wrong with the token is in the context, and only counts
// if the operation needs one.
func (t *Transports) identify(r *http.Request) (context.Context, operation.Session) {
	ctx, session, _ := t.options.Identify(r.Context(), operation.Credentials{
		Authorization: r.Header.Values("Authorization"), RemoteAddr: r.RemoteAddr, UserAgent: r.UserAgent(),
	})
	return ctx, session
}

// result answers what was executed, and what its own middleware refused.
func (h plainHTTP) result(w http.ResponseWriter, r *http.Request, one operation.Result) {
	if one.Errs != nil {
		h.requestError(w, r, one.Errs)
		return
	}
	h.send(w, r, http.StatusOK, one.Body)
}

// requestError answers a request that was not executed. With application/json its status is 200, unless it
// is no request at all, or nobody looked at it for lack of room: then every client shall know when to come
// again.
func (t *Transports) requestError(w http.ResponseWriter, r *http.Request, errs gqlerror.List) {
	status := refusal.StatusOf(errs)
	busy := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
	switch {
	case busy:
		w.Header().Set("Retry-After", refusal.RetryAfter(errs))
	case preferred(r) == mediaJSON && !refusal.IsMalformed(errs):
		status = http.StatusOK
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", challenge(r))
	}
	t.answer(w, r, status, &graphql.Response{Errors: errs})
}

// challenge says what is missing (RFC 6750 §3). An empty Bearer counts as no token.
func challenge(r *http.Request) string {
	for _, value := range r.Header.Values("Authorization") {
		if operation.Bearer(value) != "" {
			return `Bearer error="invalid_token"`
		}
	}
	return "Bearer"
}

func (t *Transports) answer(w http.ResponseWriter, r *http.Request, status int, resp *graphql.Response) {
	t.operations.CountErrors(resp.Errors)
	t.send(w, r, status, wire.Encode(resp))
}

// send writes one answer. Who asked for an event stream, or for nothing we have, gets JSON.
func (t *Transports) send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	kind := preferred(r)
	if kind != mediaGraphQL {
		kind = mediaJSON
	}
	header := w.Header()
	header.Set("Content-Type", kind+"; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	_ = http.NewResponseController(w).SetWriteDeadline(t.operations.Due())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}
