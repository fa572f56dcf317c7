package auth

import (
	"slices"

	"parley/e2e/harness/forge"
)

// good is a token of one kind and what it is made of.
type good struct{ kind, header, claims, token string }

func kinds(v *forge.Victim) []good {
	return []good{
		{"access", forge.AccessHeader, forge.With(v.AccessClaims), v.Access},
		{"refresh", forge.RefreshHeader, forge.With(v.Refreshes), v.Refreshing},
	}
}

func valueOf(claims []forge.Claim, name string) string {
	return claims[slices.IndexFunc(claims, func(c forge.Claim) bool { return c.Name == name })].Value
}
