package main

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestQuantile compares with a sorted list: 0.8 % off at most.
func TestQuantile(t *testing.T) {
	var one, two histogram
	all := make([]time.Duration, 10_000)
	for i := range all {
		all[i] = time.Duration(float64(time.Microsecond) * (1 + rand.ExpFloat64()*float64(i)))
		if i%2 == 0 {
			one.record(all[i])
		} else {
			two.record(all[i])
		}
	}
	one.merge(&two)
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.25, 0.5, 0.9, 0.99, 0.999} {
		got, want := float64(one.quantile(q)), float64(all[int(q*float64(len(all)))-1])
		if got < want*0.991-64 || got > want*1.009+64 {
			t.Errorf("quantile %v: %v, want %v", q, time.Duration(got), time.Duration(want))
		}
	}
	if got, want := one.quantile(1), all[len(all)-1]; float64(got) < float64(want)*0.99 || got > want {
		t.Errorf("quantile 1: %v, want %v", got, want)
	}
	if one.longest != all[len(all)-1] {
		t.Errorf("longest: %v, want %v", one.longest, all[len(all)-1])
	}
}

// TestQuantileOfFew has exact answers at the edges.
func TestQuantileOfFew(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Error("no records: not 0")
	}
	h.record(-time.Second)
	if h.quantile(0.5) != 0 {
		t.Error("a negative duration does not count as 0")
	}
	h = histogram{}
	h.record(10 * time.Hour)
	if h.quantile(0.5) == 0 || h.longest != 10*time.Hour {
		t.Error("a duration beyond the range is lost")
	}
}

// TestBucketsMeet holds each bucket against its middle: none is skipped, none overlaps.
func TestBucketsMeet(t *testing.T) {
	for i := range octaves << detail {
		if got := bucket(middle(i)); got != i {
			t.Fatalf("the middle of bucket %d, %v, lies in bucket %d", i, middle(i), got)
		}
	}
}

// TestRecordingAllocatesNothing covers all that is done for each answer but the socket.
func TestRecordingAllocatesNothing(t *testing.T) {
	h := &histogram{}
	r, err := newSendRequest(parleyRoute("http://h:1"), user{name: "ann", token: "t"}, "room", 100)
	if err != nil {
		t.Fatal(err)
	}
	id, body := uuid.New(), []byte(`{"data":{"sendChat":{"id":"x","number":12}}}`)
	if n := testing.AllocsPerRun(100, func() {
		h.record(time.Millisecond)
		r.next(id, time.Second)
		_ = intAfter(body, `"number":`)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSendRequest reads the request as a server does.
func TestSendRequest(t *testing.T) {
	r, err := newSendRequest(parleyRoute("http://127.0.0.1:8080/"), user{name: "ann", token: "secret"}, "general", 100)
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.next(id, 1234567))))
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(request.Body); err != nil {
		t.Fatal(err)
	}
	text := "0000000000001234567 ann" + strings.Repeat(".", 77)
	if request.Host != "127.0.0.1:8080" || request.Header.Get("Authorization") != "Bearer secret" ||
		!strings.Contains(body.String(), id.String()) || !strings.Contains(body.String(), text) {
		t.Errorf("%v %s", request, body.String())
	}
	if got := stampOf([]byte(text)); got != 1234567 {
		t.Errorf("stamp %d, want 1234567", got)
	}
	if got := stampOf([]byte("hello")); got != 0 {
		t.Errorf("stamp %d of a text without one", got)
	}
}

// TestTargets judges medians, not single rounds.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		target
		want string
	}{
		{target{bound: atLeast, limit: 5, rounds: []float64{1, 5, 9}}, "PASS"},
		{target{bound: atLeast, limit: 5, rounds: []float64{4, 4.9, 9}}, "MISS"},
		{target{bound: atMost, limit: 3, rounds: []float64{2, 9}}, "MISS"},
		{target{bound: atMost, limit: 3, rounds: []float64{2, 4}}, "PASS"},
		{target{bound: atMost, limit: 3}, "MISS"},
		{target{rounds: []float64{2}}, ""},
	} {
		if got := c.verdict(); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.rounds, c.wanted(), got, c.want)
		}
	}
	if got := over([]float64{6, 8, 1}, []float64{3, 2, 0}); !slices.Equal(got, []float64{2, 4}) {
		t.Errorf("ratios %v", got)
	}
}

// TestStrict makes a missed target a failure, and only then.
func TestStrict(t *testing.T) {
	r := report{targets: []target{{name: "speed", bound: atLeast, limit: 2, rounds: []float64{1}}}}
	if err := r.wrong(); err != nil {
		t.Error(err)
	}
	r.strict = true
	if err := r.wrong(); err == nil || !strings.Contains(err.Error(), "missed: speed") {
		t.Errorf("got %v", err)
	}
}
