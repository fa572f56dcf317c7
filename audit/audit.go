// Package audit writes down who signs in, what happens to accounts and who is let into rooms, and counts it. It rests on one
// idea: a record is written after the commit of what it tells, and holds no password, no token, no code, and nothing that was
// typed, because what somebody typed as a name may have been their password. It knows no row and no rule.
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
	LoginFailed     = "login_failed" // also of the current password of somebody signed in, and of whoever is disabled
	LoginLimited    = "login_limited"
	RefreshRotated  = "refresh_rotated"
	RefreshInWindow = "refresh_in_window"
	RefreshReused   = "refresh_reused"
	SessionsEnded   = "sessions_ended"
	PasswordChanged = "password_changed"
	AccountDeleted  = "account_deleted"

	AccountAdded        = "account_added" // by the shell, or for a token of an issuer
	AccountDisabled     = "account_disabled"
	AccountEnabled      = "account_enabled"
	AdminAdded          = "admin_added"
	AdminRemoved        = "admin_removed"
	ServerInviteCreated = "server_invite_created"
	ServerInviteDeleted = "server_invite_deleted"
	BotCreated          = "bot_created"
	BotTokenRenewed     = "bot_token_renewed"

	RoomCreated    = "room_created"
	RoomDeleted    = "room_deleted"
	RoomHandedOver = "room_handed_over" // to who is its owner now, because the account of the last one was deleted
	MemberJoined   = "member_joined"    // by themselves; others are added, or use an invite
	MemberAdded    = "member_added"
	MemberLeft     = "member_left"
	MemberRemoved  = "member_removed"
	MemberBanned   = "member_banned" // and removed, if they were in the room
	MemberUnbanned = "member_unbanned"
	RoleChanged    = "role_changed"
	InviteCreated  = "invite_created"
	InviteUsed     = "invite_used"
	InviteDeleted  = "invite_deleted"
)

// The messages by who writes them.
var (
	OfSignIn = []string{
		Registered, LoginOK, LoginFailed, LoginLimited, RefreshRotated, RefreshInWindow, RefreshReused, SessionsEnded, PasswordChanged, AccountDeleted,
		AccountAdded, AccountDisabled, AccountEnabled, AdminAdded, AdminRemoved, ServerInviteCreated, ServerInviteDeleted,
		BotCreated, BotTokenRenewed,
	}
	OfRooms = []string{
		RoomCreated, RoomDeleted, RoomHandedOver, MemberJoined, MemberAdded, MemberLeft, MemberRemoved, MemberBanned, MemberUnbanned, RoleChanged,
		InviteCreated, InviteUsed, InviteDeleted,
	}
)

// Disabling is the message of an account that is disabled, or let in again.
func Disabling(on bool) string {
	if on {
		return AccountDisabled
	}
	return AccountEnabled
}

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

// New makes a log of some messages. logger nil: records are only counted. requestID names the request of a context; nil, or an
// empty id: it is not named.
func New(logger *slog.Logger, requestID func(context.Context) string, messages []string) *Log {
	return &Log{logger: logger, requestID: requestID, events: meter.NewTally(messages...)}
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
