package stream

import (
	"context"

	"parley/transport/stream/window"
)

// restrict is what becomes of a page once all revocations have been counted that a window knows, also those behind what
// the page shows: who is revoked goes straight to the end, or is judged. The end of the log is shown as it was for those
// who could read until then, so whoever was revoked before it, or may have been, is judged as well.
func (r *Reader) restrict(p Page, w *window.Window) Page {
	if w.IsQuiet(r.at.Place) && !w.Over { // as nearly always, and of thousands of readers in a row
		return p
	}
	all, own := w.Revoked(r.sub.person.User, r.at.Place, r.judged)
	last := max(all, own)
	mustJudge := own >= 0 || max(r.at.Place, r.judged) < w.Blind
	switch judges := r.sub.stream.Judge != nil; {
	case judges && mustJudge:
		return Page{where: window.Behind, mustJudge: true, fromLog: p.fromLog}
	case last >= 0:
		return Page{entries: w.Entries[last : last+1], over: w.Entries[last].Revokes.Why, fromLog: p.fromLog}
	case p.fromLog && w.Over: // since the page was read
		return Page{where: window.Behind, fromLog: true}
	}
	return p
}

// verdict has a reader judged. The last event of one who is revoked is executed for them alone.
func (f *feed) verdict(ctx context.Context, r *Reader) (Page, error) {
	v, err := r.sub.stream.Judge(ctx, f.key.log)
	if err != nil || v.Why == nil {
		return Page{judged: v.Head.Place, fromLog: true}, err
	}
	entries, ended := f.execute([]Event{v.Last})
	if ended != nil {
		return Page{}, &EndError{ended}
	}
	return Page{entries: entries, over: v.Why, fromLog: true}, nil
}
