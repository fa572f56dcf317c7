package keys

import (
	"sync"
	"testing"
)

// example is the root secret of the worked example: bytes 00 … 1f.
const example = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// must is for what has to work: must(f())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// atOnce makes n calls that start together and returns what they return. A call that fails the test ends it here.
func atOnce(t testing.TB, n int, do func(i int) string) []string {
	var all sync.WaitGroup
	gate := make(chan struct{})
	results := make([]string, n)
	for i := range n {
		all.Go(func() {
			<-gate
			results[i] = do(i)
		})
	}
	close(gate)
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return results
}

func count(results []string) map[string]int {
	found := map[string]int{}
	for _, r := range results {
		found[r]++
	}
	return found
}
