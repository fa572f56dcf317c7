package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// A report is what a command found: figures in the order they were added, targets, and problems.
// A problem is something wrong with an answer; it makes the exit status 1.
type report struct {
	command string
	figures []figure
	targets []target
	strict  bool // a missed target counts as a failure
	faults  problems
}

// A figure is a measured value; its unit is the end of its name, as in p50_ms.
type figure struct {
	name  string
	value any
}

func (r *report) add(name string, value any) { r.figures = append(r.figures, figure{name, value}) }

// atLeast adds a target: the median of the rounds should not be below limit.
func (r *report) atLeast(limit float64, name string, rounds []float64) {
	r.targets = append(r.targets, target{name, atLeast, limit, rounds})
}

// atMost adds a target: the median of the rounds should not be above limit.
func (r *report) atMost(limit float64, name string, rounds []float64) {
	r.targets = append(r.targets, target{name, atMost, limit, rounds})
}

// compare adds what is shown beside the targets.
func (r *report) compare(name string, rounds []float64) {
	r.targets = append(r.targets, target{name, unbound, 0, rounds})
}

// addTimes adds the usual four figures of a histogram, in milliseconds.
func (r *report) addTimes(of string, h *histogram) {
	r.add(of+"_p50_ms", millis(h.quantile(0.5)))
	r.add(of+"_p99_ms", millis(h.quantile(0.99)))
	r.add(of+"_max_ms", millis(h.longest))
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// wrong is nil, or an error with one line for each problem.
func (r *report) wrong() error {
	errs := r.faults.errors()
	for _, t := range r.targets {
		if r.strict && t.verdict() == "MISS" {
			errs = append(errs, fmt.Errorf("missed: %s", t.name))
		}
	}
	return errors.Join(errs...)
}

func (r *report) write(w io.Writer, asJSON bool) error {
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
func (r *report) writeJSON(w io.Writer) error {
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
	}{r.command, json.RawMessage("{" + figures.String() + "}"), r.targets, r.faults.lines()})
}
