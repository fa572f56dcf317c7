package bots

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A moment is when something may happen to a bot that sends an answer.
type moment int

const (
	called    moment = iota // the server does not know of it yet
	stored                  // the server has answered, and the bot has not been told
	delivered               // the bot has been told, or is about to be
)

// A line is the way from the bots to the server, whose address may change. It counts what the bots have stored.
type line struct {
	url string

	mu     sync.Mutex
	to     string
	stored map[string]map[string]int // by token and id: how often the server answered that this is stored

	// Both run in the goroutine of a request. id is empty of what is no answer.
	happens func(token, id string, at moment)
	refuse  func(token, id string) *refusal // nil: the server answers
}

// A refusal is what a bot is told instead of what the server says.
type refusal struct {
	status int // 0: nothing, the connection is cut
	body   string
	after  bool // the server has carried it out
}

func newLine(t *testing.T) *line {
	l := &line{stored: map[string]map[string]int{}}
	s := httptest.NewServer(l)
	l.url = s.URL
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() }) // no bot runs any more
	return l
}

func (l *line) point(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	token, id := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), idOf(body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	l.tell(token, id, called)
	if no := l.refused(token, id); no != nil {
		if no.after {
			l.forward(httptest.NewRecorder(), r, token, id)
		}
		no.tell(w)
		return
	}
	l.forward(w, r, token, id)
	l.tell(token, id, delivered)
}

func (l *line) refused(token, id string) *refusal {
	l.mu.Lock()
	refuse := l.refuse
	l.mu.Unlock()
	if refuse == nil {
		return nil
	}
	return refuse(token, id)
}

// setRefuse has another function asked.
func (l *line) setRefuse(refuse func(token, id string) *refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse = refuse
}

func (no *refusal) tell(w http.ResponseWriter) {
	if no.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(no.status)
	_, _ = io.WriteString(w, no.body) // who has gone is not told
}

// forward has the server answer, and notes what it has stored.
func (l *line) forward(w http.ResponseWriter, r *http.Request, token, id string) {
	l.mu.Lock()
	to := &url.URL{Scheme: "http", Host: l.to}
	l.mu.Unlock()
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // a server that is killed is what we are here for
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(response *http.Response) error {
			if id == "" {
				return nil
			}
			text, err := io.ReadAll(response.Body)
			if err != nil {
				return err
			}
			response.Body = io.NopCloser(bytes.NewReader(text))
			if bytes.HasPrefix(text, []byte(`{"data":{"sendChat":{`)) {
				l.note(token, id)
				l.tell(token, id, stored)
			}
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}

func (l *line) tell(token, id string, at moment) {
	l.mu.Lock()
	happens := l.happens
	l.mu.Unlock()
	if happens != nil && id != "" {
		happens(token, id, at)
	}
}

// setHappens has another function told.
func (l *line) setHappens(happens func(token, id string, at moment)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.happens = happens
}

func (l *line) note(token, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stored[token] == nil {
		l.stored[token] = map[string]int{}
	}
	l.stored[token][id]++
}

// count returns how many answers of a bot are stored, and how many of them it has sent again.
func (l *line) count(token string) (all, again int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.stored[token] {
		if n > 1 {
			again++
		}
	}
	return len(l.stored[token]), again
}

// idOf is the id that the body of a send gives, "" of any other.
func idOf(body []byte) string {
	var request struct {
		Query     string
		Variables struct{ ID string }
	}
	if json.Unmarshal(body, &request) != nil || !strings.Contains(request.Query, "sendChat") {
		return ""
	}
	return request.Variables.ID
}
