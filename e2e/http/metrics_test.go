package http

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"parley/e2e/harness"
	"parley/server"
)

// Without the setting there are no metrics, and never on the address of the API.
func TestMetricsAreOffByDefault(t *testing.T) {
	s := harness.New(t)
	if strings.Contains(s.Log.String(), "/metrics") {
		t.Error("metrics are served")
	}
	response, err := http.Get("http://" + s.Addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusNotFound {
		t.Errorf("/metrics answers %d at the API's address", response.StatusCode)
	}
}

// What happens is counted, and nothing that anybody typed becomes a label.
func TestMetricsCountWhatHappens(t *testing.T) {
	s := harness.New(t, "--metrics-addr", "127.0.0.1:0")
	ann, _ := s.Register("ann-who-is-nobody-else")
	s.Must(nil, ann, `mutation { createRoom(name: "secretroom") { id } }`)
	stream := s.OpenEvents(ann, s.Body(`subscription { chatSent(room: "secretroom") { number } }`))
	for range 3 {
		s.Must(nil, ann, `mutation { sendChat(room: "secretroom", text: "whisper") { id } }`)
		if _, err := stream.Next(); err != nil {
			t.Fatal(err)
		}
	}
	s.Ask(ann, `mutation { sendChat(room: "nowhere-at-all", text: "x") { id } }`)
	s.Ask("", `mutation { login(username: "ann-who-is-nobody-else", password: "hunter2hunter2") { accessToken } }`)
	text := s.Scrape()
	for _, want := range []string{
		`parley_sends_total{outcome="ok"} 3`, `parley_event_streams 1`, `parley_streams 1`, `parley_feeds 1`, `parley_followed_rooms 1`,
		`parley_commit_batch_size_count 3`, `parley_commit_seconds_count 3`, `parley_deliveries_total{from="window"} 3`,
		`parley_refusals_total{code="NOT_FOUND"} 1`, `parley_refusals_total{code="INVALID_CREDENTIALS"} 1`,
		`parley_hashes_total{outcome="made"}`, `parley_audit_events_total{event="login_failed"} 1`, `parley_bus_connected 1`,
		`parley_database_connections{pool="write",state="most"}`, `parley_draining 0`, `parley_build_info{version="` + server.Version + `"} 1`,
		`parley_delivery_lag_seconds_count`, `parley_log_reads_total{kind="live"}`, `go_goroutines`, `process_cpu_seconds_total`,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("there is no line %s", want)
		}
	}
	for _, typed := range []string{"ann-who", "secretroom", "whisper", "nowhere", "hunter2", "127.0.0.1"} {
		if strings.Contains(text, typed) {
			t.Errorf("the metrics hold %q", typed)
		}
	}
}

// Two servers in one process do not clash, and a scrape may come while everybody is busy.
func TestMetricsOfTwoServersUnderLoad(t *testing.T) {
	for _, s := range []*harness.Server{harness.New(t, "--metrics-addr", "127.0.0.1:0", "--send-rate", "0"), harness.New(t, "--metrics-addr", "127.0.0.1:0", "--send-rate", "0")} {
		ann, _ := s.Register("ann")
		s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for n := range 25 {
					s.Ask(ann, `mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": fmt.Sprint(i, n)})
				}
			})
		}
		for range 10 {
			s.Scrape()
		}
		all.Wait()
		if want := `parley_sends_total{outcome="ok"} 100`; !strings.Contains(s.Scrape(), want) {
			t.Errorf("there is no line %s", want)
		}
	}
}

// An address that is taken stops the start, and the API's own is free after that.
func TestMetricsAddressThatIsTaken(t *testing.T) {
	s := harness.New(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	for range 2 {
		c := harness.Config(t, harness.DataDir(t), "--addr", free.Addr().String(), "--metrics-addr", s.Addr)
		err := server.Run(t.Context(), c, &harness.Log{}, func(net.Addr) { t.Error("it serves") })
		if err == nil || !strings.Contains(err.Error(), "PARLEY_METRICS_ADDR") {
			t.Errorf("got %v", err)
		}
	}
}
