package server

import (
	"io"
	"reflect"
	"testing"

	"parley/auth"
	"parley/server/settings"
)

// Where nothing is set, auth is told what it takes for its defaults, and no setting of it is forgotten.
func TestDefaultsOfAuth(t *testing.T) {
	c := new(settings.Config)
	if _, err := settings.Parse(c, nil, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	got, want := reflect.ValueOf(authOptions(c, &server{})), reflect.ValueOf(auth.Defaults())
	for i := range want.NumField() {
		if field := want.Type().Field(i); field.IsExported() && field.Type.Comparable() && field.Type.Kind() != reflect.Pointer && got.Field(i).Interface() != want.Field(i).Interface() {
			t.Errorf("%s is %v, want %v", field.Name, got.Field(i), want.Field(i))
		}
	}
}
