package settings

import (
	"net/netip"
	"slices"
)

// Warnings are one for each setting that is allowed and dangerous.
func (c *Config) Warnings() (warnings []string) {
	for _, w := range []struct {
		applies bool
		text    string
	}{
		{c.CORSAllowedOrigins.Any(), "PARLEY_CORS_ALLOWED_ORIGINS is *: pages of any origin may use the API"},
		{c.Hosts.Any(), "PARLEY_HOSTS is *: a page whose name points at this machine may use the API as its own"},
		{slices.ContainsFunc(c.TrustedProxies, everybody), "PARLEY_TRUSTED_PROXIES holds every address: whoever connects can claim to be anybody"},
		{c.LoginAttempts == (Rate{}), "PARLEY_LOGIN_ATTEMPTS is 0: passwords can be guessed without end"},
		{c.keyInArguments, "PARLEY_SIGNING_KEY is given as a flag: everybody on this machine can read it in the process list"},
		{!bool(c.RotateRefreshTokens), "PARLEY_ROTATE_REFRESH_TOKENS is false: a stolen refresh token works until its session ends"},
		{bool(c.RotateRefreshTokens && !c.BlacklistAfterRotation), "PARLEY_BLACKLIST_AFTER_ROTATION is false: used refresh tokens stay good, and theft is not noticed"},
	} {
		if w.applies {
			warnings = append(warnings, w.text)
		}
	}
	return warnings
}

func everybody(p netip.Prefix) bool { return p.Bits() == 0 }
