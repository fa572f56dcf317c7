package main

import (
	"strings"
	"testing"
)

func TestAuthorizationForms(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	for form, code := range map[string]string{
		"Bearer " + ann: "", "bearer " + ann: "", "BEARER   " + ann: "",
		"": "UNAUTHENTICATED", "Bearer": "UNAUTHENTICATED", "Bearer ": "UNAUTHENTICATED", "Basic " + ann: "UNAUTHENTICATED",
		ann: "UNAUTHENTICATED", "Bearer " + ann + " x": "UNAUTHENTICATED", "Bearer " + strings.Repeat("x", 5000): "UNAUTHENTICATED",
	} {
		if a := s.post(`{"query":"{ rooms { nodes { id } } }"}`, "Authorization", form); a.code() != code {
			t.Errorf("%.40s: got %s, want %q", form, a.Body, code)
		}
		if a := s.post(`{"query":"{ server { version } }"}`, "Authorization", form); len(a.Errors) > 0 {
			t.Errorf("%.40s: a public field answers %s", form, a.Body)
		}
	}
}
