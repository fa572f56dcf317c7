package auth

import (
	"fmt"
	"strings"
)

// Bearer takes the token out of the values of the Authorization headers of a request: the scheme in any case, spaces, one
// token. ErrNoToken: none is given; an empty value and the scheme alone are none. ErrUnauthenticated: the header is bad.
func Bearer(authorization []string) (Secret, error) {
	if len(authorization) == 0 {
		return "", ErrNoToken
	}
	if len(authorization) > 1 {
		return "", fmt.Errorf("%w: more than one Authorization header", ErrUnauthenticated)
	}
	value := strings.Trim(authorization[0], " ")
	if value == "" {
		return "", ErrNoToken
	}
	scheme, token, _ := strings.Cut(value, " ")
	token = strings.TrimLeft(token, " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer"), strings.Contains(token, " "):
		return "", fmt.Errorf("%w: want Authorization: Bearer TOKEN", ErrUnauthenticated)
	case token == "":
		return "", ErrNoToken
	}
	return Secret(token), nil
}
