package stream

import (
	"context"

	"parley/transport/stream/window"
)

// restrict is what becomes of a page once all revocations have been counted that a window knows, also those behind what
// the page shows: who is revoked goes straight to the end, or is judged.
func (r *Reader) restrict(p Page, w *window.Window) Page {
	i, judges := r.revoked(w.Entries), r.sub.stream.Judge != nil
	switch {
	case i >= 0 && (!judges || w.Entries[i].Revokes.IsOfAll()):
		return Page{entries: w.Entries[i : i+1], over: w.Entries[i].Revokes.Why, fromLog: p.fromLog}
	case i >= 0, judges && max(r.at.Place, r.judged) < w.Blind:
		return Page{where: window.Behind, mustJudge: true, fromLog: p.fromLog}
	case p.fromLog && w.Over: // since the page was read
		return Page{where: window.Behind, fromLog: true}
	}
	return p
}

// revoked finds the newest of entries that revokes the reader and has not been judged; -1: there is none.
func (r *Reader) revoked(entries []window.Entry) int {
	for i := len(entries) - 1; i >= 0 && entries[i].At.Place > r.at.Place; i-- {
		v := entries[i].Revokes
		if v.IsOfAll() || v != nil && v.Of == r.sub.quota.user && entries[i].At.Place > r.judged {
			return i
		}
	}
	return -1
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
