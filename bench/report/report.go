// Package report is what a run found: histograms of durations, figures, targets with their rounds, and problems.
// It prints them and says whether the run has failed. It knows no server.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// A Report is what a command found: figures in the order they were added, targets, and problems.
// A problem is something wrong with an answer; it makes the exit status 1.
type Report struct {
	Command string
	figures []figure
	targets []target
	Strict  bool // a missed target counts as a failure
	Faults  Problems
}

// A figure is a measured value; its unit is the end of its name, as in p50_ms.
type figure struct {
	name  string
	value any
}

// Add adds a figure.
func (r *Report) Add(name string, value any) { r.figures = append(r.figures, figure{name, value}) }

// AtLeast adds a target: the median of the rounds should not be below limit.
func (r *Report) AtLeast(limit float64, name string, rounds []float64) {
	r.targets = append(r.targets, target{name, atLeast, limit, rounds})
}

// AtMost adds a target: the median of the rounds should not be above limit.
func (r *Report) AtMost(limit float64, name string, rounds []float64) {
	r.targets = append(r.targets, target{name, atMost, limit, rounds})
}

// Compare adds what is shown beside the targets.
func (r *Report) Compare(name string, rounds []float64) {
	r.targets = append(r.targets, target{name, unbound, 0, rounds})
}

// AddTimes adds the usual four figures of a histogram, in milliseconds.
func (r *Report) AddTimes(of string, h *Histogram) {
	r.Add(of+"_p50_ms", Millis(h.Quantile(0.5)))
	r.Add(of+"_p99_ms", Millis(h.Quantile(0.99)))
	r.Add(of+"_max_ms", Millis(h.longest))
}

// PerSecond is a rate.
func PerSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// Micros is a duration in microseconds.
func Micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// Millis is a duration in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Wrong is nil, or an error with one line for each problem.
func (r *Report) Wrong() error {
	errs := r.Faults.errors()
	for _, t := range r.targets {
		if r.Strict && t.verdict() == "MISS" {
			errs = append(errs, fmt.Errorf("missed: %s", t.name))
		}
	}
	return errors.Join(errs...)
}

func (r *Report) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		return r.writeJSON(w)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.figures {
		fmt.Fprintf(t, "%s\t%s\n", strings.ReplaceAll(f.name, "_", " "), show(f.value))
	}
	if len(r.targets) > 0 {
		fmt.Fprintln(t, "\ntarget\tmedian\tlowest\thighest\twanted\t")
	}
	for _, g := range r.targets {
		low, high := g.spread()
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", g.name, show(g.median()), show(low), show(high), g.wanted(), g.verdict())
	}
	return t.Flush()
}

func show(value any) string {
	f, ok := value.(float64)
	switch {
	case !ok:
		return fmt.Sprint(value)
	case f >= 1000:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// writeJSON keeps the order of the figures, which a map would not.
func (r *Report) writeJSON(w io.Writer) error {
	var figures strings.Builder
	for i, f := range r.figures {
		value, err := json.Marshal(f.value)
		if err != nil {
			return fmt.Errorf("figure %s: %w", f.name, err)
		}
		if i > 0 {
			figures.WriteByte(',')
		}
		fmt.Fprintf(&figures, "%q:%s", f.name, value)
	}
	return json.NewEncoder(w).Encode(struct {
		Command  string          `json:"command"`
		Figures  json.RawMessage `json:"figures"`
		Targets  []target        `json:"targets,omitempty"`
		Problems []string        `json:"problems"`
	}{r.Command, json.RawMessage("{" + figures.String() + "}"), r.targets, r.Faults.Lines()})
}
