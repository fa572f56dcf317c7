package report

import (
	"errors"
	"fmt"
)

// maxProblems bounds what is kept: one broken thing often shows itself a thousand times.
const maxProblems = 20

// Problems collects what is wrong, the first lines in full and the rest as a count. The zero value
// is empty. It belongs to one goroutine.
type Problems struct {
	list []string
	more int
}

// Add keeps one problem.
func (p *Problems) Add(format string, args ...any) {
	if len(p.list) == maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, fmt.Sprintf(format, args...))
}

// Merge adds what others have found.
func (p *Problems) Merge(other Problems) {
	for _, line := range other.list {
		p.Add("%s", line)
	}
	p.more += other.more
}

// Lines is never nil, so that it is a list in JSON too.
func (p *Problems) Lines() []string {
	lines := append([]string{}, p.list...)
	if p.more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", p.more))
	}
	return lines
}

func (p *Problems) errors() []error {
	var errs []error
	for _, line := range p.Lines() {
		errs = append(errs, errors.New("wrong: "+line))
	}
	return errs
}
