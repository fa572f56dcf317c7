package texts

import (
	"strings"
	"testing"
)

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

// The name of a direct room does not depend on who opens it, nor its order on the case of letters.
func TestNameOf(t *testing.T) {
	for _, names := range [][]string{{"Zoe", "bob", "Ａnn", "bob2"}, {"bob2", "Ａnn", "bob", "Zoe"}} {
		shown, key, err := NameOf(names)
		if err != nil || shown != "Ａnn, bob, bob2, Zoe" || key != "ann, bob, bob2, zoe" {
			t.Errorf("got %q, %q, %v", shown, key, err)
		}
		if match, ok := MatchRoomNames("BOB2, ZO"); !ok || !strings.Contains(key, match) {
			t.Errorf("%q is not found in %q", match, key)
		}
	}
}
