package server

import (
	"io"
	"log/slog"
	"reflect"
	"slices"
	"testing"

	"parley/auth/accounts"
	"parley/chat"
	"parley/db"
	"parley/graph"
	"parley/graph/document"
	"parley/server/settings"
	"parley/transport"
)

// Where nothing is set, each package is told what it takes for its defaults, and no setting that has one is forgotten.
func TestDefaultsOfPackages(t *testing.T) {
	c := new(settings.Config)
	if _, err := settings.Parse(c, nil, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	s := &server{}
	for _, p := range []struct {
		name        string
		set, normal any
		unset       []string // fields that have no setting, or one that the machine bounds
	}{
		{"auth", authOptions(c, s, nil), accounts.Defaults(), nil},
		{"chat", chatOptions(c, s), chat.Options{}.WithDefaults(), nil},
		{"db", databaseOptions(c), db.Options{}.WithDefaults(), []string{"Readers", "LookEvery", "Patience"}},
		{"document", documentOptions(c), document.Limits{}.WithDefaults(), nil},
		{"graph", graphOptions(c, s, transport.Options{}), graph.Options{}.WithDefaults(), nil},
		{"transport", transportOptions(c, slog.New(slog.DiscardHandler)), transport.Options{}.WithDefaults(), []string{"MaxConnections"}},
	} {
		set, normal := reflect.ValueOf(p.set), reflect.ValueOf(p.normal)
		compared := 0
		for _, field := range reflect.VisibleFields(normal.Type()) {
			want := normal.FieldByIndex(field.Index)
			if !isValue(field.Type) || slices.Contains(p.unset, field.Name) || want.IsZero() && p.name != "auth" {
				continue // zero has no default but for auth, which takes every field as it stands
			}
			compared++
			if is := set.FieldByIndex(field.Index); !is.Equal(want) {
				t.Errorf("%s: %s is set to %v, want %v", p.name, field.Name, is, want)
			}
		}
		if compared == 0 {
			t.Errorf("%s: nothing was compared", p.name)
		}
	}
}

// isValue tells numbers, switches and rates from functions, names and what is handed in.
func isValue(of reflect.Type) bool {
	switch of.Kind() {
	case reflect.Func, reflect.Interface, reflect.Pointer, reflect.String:
		return false
	}
	return of.Comparable()
}
