package accounts

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/auth"
)

func TestRefusedPasswordTakesNoHash(t *testing.T) {
	n := start(t)
	// No slot is free and nobody may wait long: a refusal has taken no hash.
	n.holdSlots()
	for _, c := range []struct{ password, reason string }{
		{"1234567", "TOO_SHORT"},
		{strings.Repeat("x", 1025), "TOO_LONG"},
		{"12345678", "COMMON"},
		{"AdaLovelace", "EQUALS_USERNAME"},
		{"correct\xff horse", "BAD_CHARACTER"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := n.Register(ctx, "AdaLovelace", c.password, home)
		wantInvalid(t, err, "password", c.reason)
		cancel()
	}
}

func TestSignInsAboveTheSlotsAreRefused(t *testing.T) {
	n := start(t, oneSlot)
	n.signUp("ada")
	leave := n.holdSlots()
	n.waits(home) // one for a hash that takes long
	for _, name := range []string{"ada", "nobody"} {
		_, err := n.Login(t.Context(), name, password, home)
		wantError(t, err, auth.ErrBusy)
	}
	_, err := n.Register(t.Context(), "bob", password, home)
	wantError(t, err, auth.ErrBusy)
	leave()
	n.signIn("ada")
}

func TestNoHashInPrintedErrors(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	n.sql(`UPDATE users SET password_hash = 'not-a-hash'`)
	_, err := n.Login(t.Context(), "ada", password, home)
	if err == nil || strings.Contains(fmt.Sprintf("%+v", err), "not-a-hash") {
		t.Errorf("got %v", err)
	}
}
