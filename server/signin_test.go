package server

// pair is what a sign-in or a refresh answers.
type pair struct{ AccessToken, RefreshToken string }

const refreshDocument = `mutation($t: String, $k: String) { refreshToken(token: $t, idempotencyKey: $k) { accessToken refreshToken } }`

// refresh presents a refresh token; key "" is none.
func (s *testServer) refresh(token, key string) (pair, answer) {
	s.t.Helper()
	variables := map[string]any{"t": token}
	if key != "" {
		variables["k"] = key
	}
	a := s.ask("", refreshDocument, variables)
	var data struct{ RefreshToken pair }
	if len(a.Errors) == 0 {
		s.into(a, &data)
	}
	return data.RefreshToken, a
}

const loginDocument = `mutation($u: String!, $p: String!) { login(username: $u, password: $p) { accessToken refreshToken } }`

func (s *testServer) login(username, password string, headers ...string) (pair, answer) {
	s.t.Helper()
	a := s.post(s.request(loginDocument, map[string]any{"u": username, "p": password}), headers...)
	var data struct{ Login pair }
	if len(a.Errors) == 0 {
		s.into(a, &data)
	}
	return data.Login, a
}

const registerDocument = `mutation($u: String!, $p: String!) { register(username: $u, password: $p) { accessToken refreshToken } }`

// registerAs answers whatever comes of making an account.
func (s *testServer) registerAs(username, password string, headers ...string) answer {
	s.t.Helper()
	return s.post(s.request(registerDocument, map[string]any{"u": username, "p": password}), headers...)
}

// wantCode asks for oneself with a token and wants a code, "" for success.
func (s *testServer) wantCode(token, code string) {
	s.t.Helper()
	if a := s.ask(token, `{ rooms { nodes { id } } }`); a.code() != code || (code == "" && len(a.Errors) > 0) {
		s.t.Errorf("got %s, want %q", a.Body, code)
	}
}
