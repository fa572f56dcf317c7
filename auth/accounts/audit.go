package accounts

import (
	"context"
	"log/slog"
	"net/netip"

	"github.com/google/uuid"
)

// The messages of audit records. They never change with what they are about.
const (
	auditRegistered      = "registered"
	auditLoginOK         = "login_ok"
	auditLoginFailed     = "login_failed" // also of the current password of somebody signed in
	auditLoginLimited    = "login_limited"
	auditRefreshRotated  = "refresh_rotated"
	auditRefreshInWindow = "refresh_in_window"
	auditRefreshReused   = "refresh_reused"
	auditSessionsEnded   = "sessions_ended"
	auditPasswordChanged = "password_changed"
	auditAccountDeleted  = "account_deleted"
)

// event is what an audit record is about; what is zero is left out. There is no name in it: what
// somebody typed as one may have been their password.
type event struct {
	message       string
	user, session uuid.UUID
	from          netip.Addr
}

// audit writes a record, after the commit of what it tells.
func (s *Service) audit(ctx context.Context, level slog.Level, e event, more ...slog.Attr) {
	s.meters.events.Add(e.message, 1)
	if s.o.Audit == nil || !s.o.Audit.Enabled(ctx, level) {
		return
	}
	attrs := append([]slog.Attr{slog.Bool("audit", true)}, more...)
	if e.user != uuid.Nil {
		attrs = append(attrs, slog.String("user_id", e.user.String()))
	}
	if e.session != uuid.Nil {
		attrs = append(attrs, slog.String("session_id", e.session.String()))
	}
	if e.from.IsValid() {
		attrs = append(attrs, slog.String("address", e.from.Unmap().WithZone("").String()))
	}
	if id := s.o.RequestID(ctx); id != "" {
		attrs = append(attrs, slog.String("request_id", id))
	}
	s.o.Audit.LogAttrs(ctx, level, e.message, attrs...)
}

func (s *Service) auditEnded(ctx context.Context, level slog.Level, e ending, more ...slog.Attr) {
	about := event{message: auditSessionsEnded, user: e.user, from: e.from}
	if len(e.ids) == 1 {
		about.session = e.ids[0]
	}
	more = append(more, slog.String("reason", e.reason), slog.Int("count", len(e.ids)))
	s.audit(ctx, level, about, more...)
}
