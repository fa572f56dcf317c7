package texts

import "testing"

// A room is found by the name that it is shown with, and by whatever it was made with.
func FuzzRoomName(f *testing.F) {
	for _, name := range []string{
		"general", " General  Talk ", "❤️ cats", "👩‍🚀", "🏳️‍🌈 x", "1️⃣2", "ℹ️ info", "㎏\ufe0f x", "＝\ufe0f\u0338a", "¨ a", "ẛ̣ a", "№ 5", "a\u200db", "日本", "ﷺ",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		shown, key, err := NewRoomName(name)
		if err != nil {
			return
		}
		for _, again := range []string{name, shown, key} {
			if _, k, err := ReadRoomName(again); err != nil || k != key {
				t.Fatalf("%+q is shown as %+q with the key %+q; %+q has the key %+q, %v", name, shown, key, again, k, err)
			}
		}
		if s, _, err := NewRoomName(shown); err != nil || s != shown {
			t.Fatalf("%+q is shown as %+q and that as %+q, %v", name, shown, s, err)
		}
	})
}
