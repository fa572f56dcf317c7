package server

import (
	"io"
	"reflect"
	"testing"

	"parley/auth/accounts"
	"parley/server/settings"
)

// Where nothing is set, auth is told what it takes for its defaults, and no setting of it is forgotten.
func TestDefaultsOfAuth(t *testing.T) {
	c := new(settings.Config)
	if _, err := settings.Parse(c, nil, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	got, want := reflect.ValueOf(authOptions(c, &server{})), reflect.ValueOf(accounts.Defaults())
	for _, field := range reflect.VisibleFields(want.Type()) {
		if !field.IsExported() || !field.Type.Comparable() || field.Type.Kind() == reflect.Pointer {
			continue
		}
		if is, should := got.FieldByIndex(field.Index), want.FieldByIndex(field.Index); is.Interface() != should.Interface() {
			t.Errorf("%s is %v, want %v", field.Name, is, should)
		}
	}
}
