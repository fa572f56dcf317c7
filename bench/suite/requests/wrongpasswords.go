package requests

import (
	"context"
	"fmt"
	"time"

	"parley/bench/client"
	"parley/bench/report"
	"parley/bench/suite"
)

// WrongPasswords lets one client sign in with a wrong password and with names that nobody has, in turn:
// the time must not tell which is which.
func WrongPasswords(ctx context.Context, s *suite.Suite) error {
	c := client.NewConn(client.HostOf(s.Main.URL))
	defer c.Close()
	var ratios []float64
	for round := range s.Rounds + 1 {
		wrong, unknown := &report.Histogram{}, &report.Histogram{}
		for i := range (s.Logins + 4) / 5 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			for name, times := range map[string]*report.Histogram{s.LoginUsers[i%len(s.LoginUsers)].Name: wrong, fmt.Sprintf("nobody%d", i): unknown} {
				if err := wrongLogin(c, s.Main.URL, name, times); err != nil {
					return err
				}
			}
		}
		if a, b := report.Millis(wrong.Quantile(0.5)), report.Millis(unknown.Quantile(0.5)); round > 0 {
			ratios = append(ratios, max(a/b, b/a))
		}
	}
	s.Report.AtMost(1.1, "login: median time, unknown name / wrong password, the longer one above", ratios)
	return nil
}

func wrongLogin(c *client.Conn, url, name string, times *report.Histogram) error {
	request, err := client.Encode(client.ParleyRoute(url), client.User{}, map[string]any{
		"query": loginDocument, "variables": map[string]any{"name": name, "password": "not the password"},
	})
	if err != nil {
		return err
	}
	start := time.Now()
	status, body, err := c.Do(request)
	times.Record(time.Since(start))
	if code := client.CodeOf(status, body, err); code != "INVALID_CREDENTIALS" {
		return fmt.Errorf("a wrong sign-in: %s", code)
	}
	return nil
}
