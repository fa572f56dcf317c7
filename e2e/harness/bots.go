package harness

// Bot makes a server admin and a bot of theirs, and returns its token. database are the flags of the server's database, if it
// is not that of its data directory.
func (s *Server) Bot(username string, database ...string) (token string) {
	s.T.Helper()
	if database == nil {
		database = append([]string{"--data", s.Dir}, DatabaseFlags(s.T, s.Dir)...)
	}
	owner := "owner." + username
	s.Register(owner)
	if status, _, stderr := Command(append([]string{"admin", "add", owner}, database...)...); status != ExitOK {
		s.T.Fatal(stderr)
	}
	var data struct{ CreateBot struct{ Token string } }
	s.Must(&data, s.SignIn(owner, "correct horse battery").AccessToken, `mutation($u: String!) { createBot(username: $u) { token } }`, map[string]any{"u": username})
	return data.CreateBot.Token
}
