package main

import (
	"testing"
)

func TestOneOperationIsOneGuess(t *testing.T) {
	s := newServer(t)
	s.register("ann")
	const login = `login(username: "ann", password: "wrong horse battery") { accessToken }`
	for _, document := range []string{
		"mutation { a: " + login + " b: " + login + " }",
		"mutation { ...A ...B } fragment A on Mutation { a: " + login + " } fragment B on Mutation { b: " + login + " }",
		"mutation { ... on Mutation { a: " + login + ` } refreshToken(token: "x") { accessToken } }`,
		"mutation { " + login + " logout }",
	} {
		if a := s.ask("", document); a.code() != "OPERATION_TOO_COMPLEX" || a.Data != nil {
			t.Errorf("%s: %s", document, a.Body)
		}
	}
	if a := s.ask("", "mutation { "+login+" }"); a.code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
}
