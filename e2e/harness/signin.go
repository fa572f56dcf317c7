package harness

import (
	"testing"
	"time"
)

// Tokens are what a sign-in or a refresh returns.
type Tokens struct{ AccessToken, RefreshToken string }

// RefreshDocument refreshes.
const RefreshDocument = `mutation($t: String, $k: String) { refreshToken(token: $t, idempotencyKey: $k) { accessToken refreshToken } }`

// Refresh presents a refresh token; key "" is none.
func (s *Server) Refresh(token, key string) (Tokens, Answer) {
	s.T.Helper()
	variables := map[string]any{"t": token}
	if key != "" {
		variables["k"] = key
	}
	a := s.AskThrough("", RefreshDocument, variables)
	var data struct{ RefreshToken Tokens }
	if len(a.Errors) == 0 {
		s.Decode(a, &data)
	}
	return data.RefreshToken, a
}

// LoginDocument signs in.
const LoginDocument = `mutation($u: String!, $p: String!) { login(username: $u, password: $p) { accessToken refreshToken } }`

// Login signs in and returns whatever comes of it.
func (s *Server) Login(username, password string, headers ...string) (Tokens, Answer) {
	s.T.Helper()
	a := s.Post(s.Body(LoginDocument, map[string]any{"u": username, "p": password}), headers...)
	var data struct{ Login Tokens }
	if len(a.Errors) == 0 {
		s.Decode(a, &data)
	}
	return data.Login, a
}

const registerDocument = `mutation($u: String!, $p: String!) { register(username: $u, password: $p) { accessToken refreshToken } }`

// RegisterAs returns whatever comes of making an account.
func (s *Server) RegisterAs(username, password string, headers ...string) Answer {
	s.T.Helper()
	return s.Post(s.Body(registerDocument, map[string]any{"u": username, "p": password}), headers...)
}

// WantCode asks for oneself with a token and wants a code, "" for success.
func (s *Server) WantCode(token, code string) {
	s.T.Helper()
	if a := s.AskThrough(token, `{ rooms { nodes { id } } }`); a.Code() != code || (code == "" && len(a.Errors) > 0) {
		s.T.Errorf("got %s, want %q", a.Body, code)
	}
}

// BehindProxy has the server believe X-Forwarded-For, so that clients come from networks of their own.
const BehindProxy = "--trusted-proxies=127.0.0.0/8"

// LoginFrom signs in through the proxy.
func (s *Server) LoginFrom(address, username, password string) Answer {
	s.T.Helper()
	_, a := s.Login(username, password, "X-Forwarded-For", address)
	return a
}

// SessionsOf lists the sessions of whoever has this token, the current one's id apart.
func (s *Server) SessionsOf(token string) (all []string, current string) {
	s.T.Helper()
	var data struct {
		Sessions []struct {
			ID        string
			IsCurrent bool
		}
	}
	s.Must(&data, token, `{ sessions { id isCurrent createdAt lastUsedAt userAgent ipAddress } }`)
	for _, one := range data.Sessions {
		all = append(all, one.ID)
		if one.IsCurrent {
			current = one.ID
		}
	}
	return all, current
}

// SignIn signs in, which succeeds.
func (s *Server) SignIn(username, password string) Tokens {
	s.T.Helper()
	var data struct{ Login Tokens }
	s.Must(&data, "", LoginDocument, map[string]any{"u": username, "p": password})
	return data.Login
}

// WantLimited wants an answer that says to wait, at most so long.
func WantLimited(t *testing.T, a Answer, most time.Duration) {
	t.Helper()
	after, _ := a.Extension("retryAfterMs").(float64)
	if a.Code() != "RATE_LIMITED" || a.Extension("retryable") != true || after < 1 || after > float64(most.Milliseconds()) {
		t.Errorf("got %s, want RATE_LIMITED for at most %v", a.Body, most)
	}
}
