package passwords

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/e2e/harness"
)

// Right passwords have a rate: of an account, wherever they come from, and of a network. It holds over
// sockets as it does over HTTP, and other accounts and networks do not notice.
func TestSignInsHaveARate(t *testing.T) {
	s := harness.New(t, harness.BehindProxy, "--login-rate", "3/1h")
	token, _ := s.Register("ann")
	for i := range 6 {
		s.Register(fmt.Sprint("person", i))
	}
	in := func(address, name string) harness.Answer { return s.LoginFrom(address, name, "correct horse battery") }
	for i := range 3 {
		if a := in(fmt.Sprintf("198.51.100.%d", i), "ann"); len(a.Errors) > 0 {
			t.Fatalf("sign-in %d: %s", i, a.Body)
		}
	}
	for _, address := range []string{"198.51.100.1", "203.0.113.1", "2001:db8::1"} {
		harness.WantLimited(t, in(address, "ann"), 20*time.Minute)
		harness.WantLimited(t, in(address, "ANN"), 20*time.Minute)
	}
	change := `mutation { changePassword(currentPassword: "correct horse battery", newPassword: "a new horse battery") { id } }`
	harness.WantLimited(t, s.Ask(token, change), 20*time.Minute)
	harness.WantLimited(t, s.Ask(token, `mutation { deleteAccount(password: "correct horse battery") }`), 20*time.Minute)
	s.WantCode(token, "") // whoever is in stays in

	for i := range 15 {
		if a := in("2001:db8::5", fmt.Sprint("person", i/3)); len(a.Errors) > 0 {
			t.Fatalf("sign-in %d of the network: %s", i, a.Body)
		}
	}
	harness.WantLimited(t, in("2001:db8::6", "person5"), 4*time.Minute)
	if a := in("2001:db8:0:1::5", "person5"); len(a.Errors) > 0 {
		t.Errorf("another network: %s", a.Body)
	}
}

// A flood is one network that signs in with a right password as fast as it can, with many at once.
type flood struct {
	s      *harness.Server
	hashes atomic.Int64 // that it was given
	quit   chan struct{}
	idle   func()
	all    sync.WaitGroup
}

const floodsAtOnce = 40

func floodOf(s *harness.Server, name string) *flood {
	f := &flood{s: s, quit: make(chan struct{})}
	body := s.Body(harness.LoginDocument, map[string]any{"u": name, "p": "correct horse battery"})
	idle := &http.Transport{MaxIdleConnsPerHost: floodsAtOnce}
	f.idle = idle.CloseIdleConnections
	client := &http.Client{Transport: idle}
	for range floodsAtOnce {
		f.all.Go(func() {
			for {
				select {
				case <-f.quit:
					return
				default:
				}
				request, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(body))
				if err != nil {
					s.T.Error(err)
					return
				}
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("X-Forwarded-For", "198.51.100.1")
				response, err := client.Do(request)
				if err != nil {
					s.T.Error(err)
					return
				}
				if a, _ := s.ReadAny(response); len(a.Errors) == 0 {
					f.hashes.Add(1)
				}
			}
		})
	}
	return f
}

func (f *flood) stop() {
	close(f.quit)
	f.all.Wait()
	f.idle()
}

// signInWhenAllowed signs in from an address of its own, again when the server says so, and returns how long it took.
func signInWhenAllowed(s *harness.Server, i int, name string) time.Duration {
	s.T.Helper()
	began := time.Now()
	for {
		a := s.LoginFrom(fmt.Sprintf("203.0.113.%d", i%250), name, "correct horse battery")
		if len(a.Errors) == 0 {
			return time.Since(began)
		}
		if a.Code() != "SERVER_BUSY" {
			s.T.Fatal(a.Body)
		}
	}
}

var floodFlags = []string{harness.BehindProxy, "--login-rate", "0", "--address-request-rate", "0", "--hash-queue", "8", "--operation-timeout", "60s"}

// While one network floods the server with sign-ins, somebody from elsewhere waits for a few of its hashes,
// and not for all that it has sent. That is counted in hashes, so it is the same on a slow machine.
func TestOneNetworkDoesNotKeepOthersFromSigningIn(t *testing.T) {
	s := harness.New(t, append(floodFlags, "--hash-parallel", "1")...)
	s.Register("ann")
	s.Register("flood")
	f := floodOf(s, "flood")
	defer f.stop()
	harness.Eventually(t, "a flood", func() bool { return f.hashes.Load() > 4 })
	const others = 8
	before := f.hashes.Load()
	for i := range others {
		signInWhenAllowed(s, i, "ann")
	}
	if each := float64(f.hashes.Load()-before) / others; each > 6 {
		t.Errorf("each waited for %.1f sign-ins of the flood", each)
	}
}

// BenchmarkSignInsBesideAFlood measures what others notice of it: how long the slowest of a hundred sign-ins
// and of a thousand pages takes, beside the flood and without it, in one run.
func BenchmarkSignInsBesideAFlood(b *testing.B) {
	for b.Loop() {
		s := harness.Start(b, harness.Config(b, harness.DataDir(b), floodFlags...))
		token, _ := s.Register("reader")
		s.Register("ann")
		s.Register("flood")
		s.Must(nil, token, `mutation { createRoom(name: "general") { id } }`)
		signIn := func(i int) time.Duration { return signInWhenAllowed(s, i, "ann") }
		page := func(int) time.Duration {
			began := time.Now()
			s.Must(nil, token, `{ chats(room: "general") { nodes { id text } } }`)
			return time.Since(began)
		}
		signInAlone, pageAlone := slowest(100, signIn), slowest(1000, page)
		f := floodOf(s, "flood")
		signInBeside, pageBeside := slowest(100, signIn), slowest(1000, page)
		f.stop()
		b.ReportMetric(signInBeside.Seconds()/signInAlone.Seconds(), "sign-in-p99/alone")
		b.ReportMetric(pageBeside.Seconds()/pageAlone.Seconds(), "page-p99/alone")
		b.ReportMetric(float64(signInBeside.Milliseconds()), "sign-in-p99-ms")
		b.ReportMetric(0, "ns/op")
	}
}

// slowest is the p99 of so many, one after the other.
func slowest(n int, do func(i int) time.Duration) time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = do(i)
	}
	slices.Sort(times)
	return times[n*99/100]
}
