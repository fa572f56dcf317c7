// Package audit writes down who signs in and what happens to accounts, and counts it. It rests on one idea: a record
// is written after the commit of what it tells, and holds no password, no token and no name, because what somebody
// typed as a name may have been their password. It knows no row and no rule.
package audit

import (
	"context"
	"log/slog"
	"net/netip"

	"github.com/google/uuid"

	"parley/meter"
)

// The messages of records. They never change with what they are about.
const (
	Registered      = "registered"
	LoginOK         = "login_ok"
	LoginFailed     = "login_failed" // also of the current password of somebody signed in
	LoginLimited    = "login_limited"
	RefreshRotated  = "refresh_rotated"
	RefreshInWindow = "refresh_in_window"
	RefreshReused   = "refresh_reused"
	SessionsEnded   = "sessions_ended"
	PasswordChanged = "password_changed"
	AccountDeleted  = "account_deleted"
)

// Event is what a record is about; what is zero is left out.
type Event struct {
	Message       string
	User, Session uuid.UUID
	From          netip.Addr
}

// Log writes records and counts them. Safe for concurrent use.
type Log struct {
	logger    *slog.Logger
	requestID func(context.Context) string
	events    *meter.Tally
}

// New makes a log. logger nil: records are only counted. requestID names the request of a context; nil, or an empty
// id: it is not named.
func New(logger *slog.Logger, requestID func(context.Context) string) *Log {
	return &Log{
		logger: logger, requestID: requestID,
		events: meter.NewTally(Registered, LoginOK, LoginFailed, LoginLimited, RefreshRotated,
			RefreshInWindow, RefreshReused, SessionsEnded, PasswordChanged, AccountDeleted),
	}
}

// Write writes a record, with audit=true in it and whatever more there is.
func (l *Log) Write(ctx context.Context, level slog.Level, e Event, more ...slog.Attr) {
	l.events.Add(e.Message, 1)
	if l.logger == nil || !l.logger.Enabled(ctx, level) {
		return
	}
	attrs := append([]slog.Attr{slog.Bool("audit", true)}, more...)
	if e.User != uuid.Nil {
		attrs = append(attrs, slog.String("user_id", e.User.String()))
	}
	if e.Session != uuid.Nil {
		attrs = append(attrs, slog.String("session_id", e.Session.String()))
	}
	if e.From.IsValid() {
		attrs = append(attrs, slog.String("address", e.From.Unmap().WithZone("").String()))
	}
	if l.requestID != nil {
		if id := l.requestID(ctx); id != "" {
			attrs = append(attrs, slog.String("request_id", id))
		}
	}
	l.logger.LogAttrs(ctx, level, e.Message, attrs...)
}

// Counts returns how many records there were of each message, written or not.
func (l *Log) Counts() map[string]uint64 { return l.events.Counts() }
