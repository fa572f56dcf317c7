package window

import "testing"

// What an entry shows besides its subject makes it old as well.
func TestChangeOfWhatAnotherEventShows(t *testing.T) {
	w := (&Window{}).Grow([]Entry{
		{At: Position{1, 1}, Subject: 1, Shows: 1},
		{At: Position{2, 2}, Subject: 2, Shows: 2},
		{At: Position{3, 3}, Subject: 1, Shows: 2, Changes: true},
		{At: Position{4, 4}, Subject: 3, Shows: 3},
	}, 10, 256<<10)
	if w.start.Place != 1 {
		t.Errorf("it begins behind %d", w.start.Place)
	}
	if w = w.Grow([]Entry{{At: Position{5, 5}, Subject: 2, Shows: 3, Changes: true}}, 10, 256<<10); w.start.Place != 3 {
		t.Errorf("it shows what was changed, behind %d", w.start.Place)
	}
	if w = w.Grow([]Entry{{At: Position{6, 6}, Changes: true}}, 10, 256<<10); w.start.Place != 5 || len(w.Entries) != 1 {
		t.Errorf("behind a change of everything it begins behind %d", w.start.Place)
	}
}

// What was dropped from a window counts as long as its array holds it, and it is not held much longer than what is shown.
func TestWindowsCountTheirArrays(t *testing.T) {
	w := &Window{}
	var dropped int64
	for i := range int64(1000) {
		before := w.Retained()
		w = w.Grow([]Entry{{At: Position{i, 1}, Body: make([]byte, 1<<(i%12))}}, 8, 1<<20)
		if cap(w.Entries) > 8 && w.dropped > 0 {
			dropped++
		}
		if shown := int64(w.bytes); w.Retained() < shown+int64(w.dropped) || w.Retained() > 2*shown+int64(cap(w.Entries)*EntryBytes) {
			t.Fatalf("at %d: %d bytes are shown, %d were held before and %d are now", i, shown, before, w.Retained())
		}
	}
	if dropped == 0 {
		t.Error("no array held more than its window")
	}
}

// Behind the end of a log whose other events are gone nobody knows who was revoked there, also when an older revocation is
// dropped at the same time.
func TestEndHidesWhoWasRevoked(t *testing.T) {
	w := New(Position{}).Grow([]Entry{{At: Position{1, 1}, Revokes: &Revocation{Of: "ann"}}, {At: Position{2, 2}}}, 2, 1<<20)
	if w = w.Grow([]Entry{{At: Position{9, 9}, Revokes: &Revocation{}}}, 2, 1<<20); w.start.Place != 1 || w.Blind != 8 {
		t.Errorf("it begins behind %d, and is blind up to %d", w.start.Place, w.Blind)
	}
}
