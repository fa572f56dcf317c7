package auth

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a password, a token or a key. However it is printed, logged or encoded, it shows
// nothing; string(s) is its text.
type Secret string

// String shows nothing.
func (Secret) String() string { return redacted }

// Format shows nothing, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON shows nothing.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue shows nothing.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format says whose the tokens are and shows neither. Encoding them is how they are sent, so
// there they are what they are.
func (t Tokens) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.LogValue().String())) }

// LogValue says whose the tokens are and shows neither.
func (t Tokens) LogValue() slog.Value {
	if t.User == nil {
		return slog.StringValue("tokens " + redacted)
	}
	return slog.StringValue("tokens of " + t.User.ID.String() + " " + redacted)
}

// Format says whose the token is and does not show it.
func (t BotToken) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.LogValue().String())) }

// LogValue says whose the token is and does not show it.
func (t BotToken) LogValue() slog.Value {
	if t.Bot == nil {
		return slog.StringValue("token " + redacted)
	}
	return slog.StringValue("token of " + t.Bot.ID.String() + " " + redacted)
}
