package transport

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// A denial is a refusal that passes, and says when to come again.
type denial struct {
	*refusal
	wait time.Duration // 0: as its code says
}

var (
	crowded    = &refusal{http.StatusServiceUnavailable, codeBusy, "", "The server has no room for new connections."}
	tooFast    = &refusal{http.StatusTooManyRequests, codeRateLimited, "", "Too many requests from this address."}
	manyHere   = &refusal{http.StatusTooManyRequests, codeLimitReached, "CONNECTIONS", "Too many connections from this address."}
	manyOfUser = &refusal{http.StatusTooManyRequests, codeLimitReached, "CONNECTIONS", "Too many connections of this person."}
)

// soon is 1 to 5 s at random, so that those who were refused together do not come back together.
func soon() time.Duration {
	return time.Second + rand.N(4*time.Second)
}

// deny answers a request that gets no further than the gate.
func (t *Transports) deny(w http.ResponseWriter, r *http.Request, no *denial) {
	err := t.options.Refuse(r.Context(), no.code, no.reason, no.message)
	if no.wait > 0 {
		err.Extensions["retryable"] = true
		err.Extensions["retryAfterMs"] = (no.wait + time.Millisecond - 1).Milliseconds()
	}
	w.Header().Set("Retry-After", retryAfter(gqlerror.List{err}))
	t.meters.requests[KindUnread].Add(OutcomeRefused, 1)
	t.answer(w, r, no.status, &graphql.Response{Errors: gqlerror.List{err}})
}
