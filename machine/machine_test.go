package machine

import (
	"fmt"
	"runtime"
	"testing"
)

// A recorder notes how a test ended.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper()          {}
func (r *recorder) Skip(what ...any) { r.skipped = fmt.Sprint(what...); runtime.Goexit() }
func (r *recorder) Fatalf(format string, what ...any) {
	r.failed = fmt.Sprintf(format, what...)
	runtime.Goexit()
}

func TestLacks(t *testing.T) {
	for _, c := range []struct{ missing, skipped, failed string }{
		{missing: "", skipped: "no disk"},
		{missing: "skip", skipped: "no disk"},
		{missing: "fail", failed: "no disk; make deps installs programs, and with MISSING=skip this is left out"},
	} {
		t.Setenv("MISSING", c.missing)
		r, ended := &recorder{}, make(chan struct{})
		go func() { defer close(ended); Lacks(r, "no disk") }()
		<-ended
		if r.skipped != c.skipped || r.failed != c.failed {
			t.Errorf("MISSING=%s: skipped %q, failed %q", c.missing, r.skipped, r.failed)
		}
	}
}
