package documents

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/graph/failures"
)

const (
	hostileCPU   = 50 * time.Millisecond
	hostileBytes = 4 << 20
	hostileRuns  = 2 // in one measurement: the clock of getrusage is coarse on some machines
)

// documented are the statuses of each code, for who accepts application/graphql-response+json; "" is no error.
// INTERNAL_SERVER_ERROR is not among them: what somebody unknown sends is never a fault of ours.
var documented = map[string][]int{
	"":                          {200},
	harness.ComplexCode:         {400, 413},
	harness.ParseCode:           {400},
	harness.ValidationCode:      {400},
	harness.InputCode:           {200, 400},
	harness.UnsignedCode:        {200, 401},
	"PERSISTED_QUERY_NOT_FOUND": {400},
	"NOT_FOUND":                 {200},
	"INVALID_CREDENTIALS":       {200},
}

// Each hostile request is answered or refused with 50 ms of CPU and 4 MiB of memory at most, with a code
// and a status that are documented. Nothing is taken from the cache of checked documents.
func TestHostileRequestsAreCheap(t *testing.T) {
	s, handler := harness.Wired(t, nil, "--gql-cache", "1")
	token, _ := s.Register("ann")
	for i := range 5 {
		s.Must(nil, token, fmt.Sprintf(`mutation { createRoom(name: "room%d") { id } }`, i))
	}
	requests := hostileRequests(t)
	if len(requests) < 150 {
		t.Fatalf("%d requests", len(requests))
	}
	for who, authorization := range map[string]string{"nobody": "", "ann": "Bearer " + token} {
		var spent []expense
		for _, request := range requests {
			spent = append(spent, measure(t, handler, request, authorization))
		}
		slices.SortFunc(spent, func(a, b expense) int { return cmp.Compare(b.cpu, a.cpu) })
		for _, one := range spent[:5] {
			t.Logf("%s: %s", who, one)
		}
		slices.SortFunc(spent, func(a, b expense) int { return cmp.Compare(b.bytes, a.bytes) })
		for _, one := range spent[:5] {
			t.Logf("%s: %s", who, one)
		}
	}
}

// An expense is what a request cost.
type expense struct {
	name  string
	cpu   time.Duration
	bytes uint64
}

func (e expense) String() string { return fmt.Sprintf("%s: %v, %d KiB", e.name, e.cpu, e.bytes>>10) }

// measure takes the best of five, as neighbours and the collector only add; what is far below its budget
// at once is not measured again.
func measure(t *testing.T, handler http.Handler, request hostile, authorization string) expense {
	best := expense{request.name, time.Hour, 1 << 40}
	w := serveHostile(handler, request.body, authorization) // warm
	judge(t, request, authorization, w)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := cpu()
		for range hostileRuns {
			serveHostile(handler, `{"query":"{ __typename }"}`, "") // takes the one entry of the cache
			serveHostile(handler, request.body, authorization)
		}
		best.cpu = min(best.cpu, (cpu()-begun)/hostileRuns)
		runtime.ReadMemStats(&after)
		best.bytes = min(best.bytes, (after.TotalAlloc-before.TotalAlloc)/hostileRuns)
		if best.cpu < hostileCPU/2 && best.bytes < hostileBytes {
			break
		}
	}
	if best.cpu > hostileCPU || best.bytes > hostileBytes {
		t.Errorf("%s", best)
	}
	return best
}

// judge looks at the answer.
func judge(t *testing.T, request hostile, authorization string, w *httptest.ResponseRecorder) {
	a := harness.Answer{Status: w.Code, Body: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Errorf("%s: the answer is no JSON: %s", request.name, a.Body)
		return
	}
	code := ""
	if len(a.Errors) > 0 {
		code, _ = a.Errors[0].Extensions["code"].(string)
	}
	if !slices.Contains(documented[code], a.Status) {
		t.Errorf("%s: status %d, %.300s", request.name, a.Status, a.Body)
	}
	if authorization == "" && request.code != anyCode && code != request.code {
		t.Errorf("%s: want %q, got %.300s", request.name, request.code, a.Body)
	}
}

// serveHostile serves a request without a network, from an address that no rate counts.
func serveHostile(handler http.Handler, body, authorization string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r = r.WithContext(failures.WithRequestID(r.Context(), "x"))
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}
