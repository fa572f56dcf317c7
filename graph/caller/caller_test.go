package caller

import (
	"testing"

	"parley/auth"
)

// Behind the guard nobody acts as the zero UUID: a field that is reached without an identity is a fault.
func TestNobodyIsAPerson(t *testing.T) {
	for name, caller := range map[string]auth.Caller{"no token": {Err: auth.ErrNoToken}, "no identity": {}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: somebody is acting", name)
				}
			}()
			Person(auth.WithCaller(t.Context(), caller))
		}()
	}
}
