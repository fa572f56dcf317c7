package stream

import "context"

// isOfAll tells whether the log ends here.
func (v *Revocation) isOfAll() bool { return v != nil && v.Of == "" }

// restrict is what becomes of a page once all revocations have been counted that a window knows, also those behind what
// the page shows: who is revoked goes straight to the end, or is judged.
func (r *Reader) restrict(p Page, w *window) Page {
	i, judges := r.revoked(w.entries), r.sub.stream.Judge != nil
	switch {
	case i >= 0 && (!judges || w.entries[i].revokes.isOfAll()):
		return Page{entries: w.entries[i : i+1], over: w.entries[i].revokes.Why, fromLog: p.fromLog}
	case i >= 0, judges && max(r.at.Place, r.judged) < w.blind:
		return Page{where: behind, mustJudge: true, fromLog: p.fromLog}
	case p.fromLog && w.over: // since the page was read
		return Page{where: behind, fromLog: true}
	}
	return p
}

// revoked finds the newest of entries that revokes the reader and has not been judged; -1: there is none.
func (r *Reader) revoked(entries []entry) int {
	for i := len(entries) - 1; i >= 0 && entries[i].at.Place > r.at.Place; i-- {
		v := entries[i].revokes
		if v.isOfAll() || v != nil && v.Of == r.sub.quota.user && entries[i].at.Place > r.judged {
			return i
		}
	}
	return -1
}

// verdict has a reader judged. The last event of one who is revoked is executed for them alone.
func (f *feed) verdict(ctx context.Context, r *Reader) (Page, error) {
	v, err := r.sub.stream.Judge(ctx, r.feed.key.log)
	if err != nil || v.Why == nil {
		return Page{judged: v.Head.Place, fromLog: true}, err
	}
	entries, ended := f.execute([]Event{v.Last})
	if ended != nil {
		return Page{}, &EndError{ended}
	}
	return Page{entries: entries, over: v.Why, fromLog: true}, nil
}
