package failure

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresClass is the class of an error of Postgres or of the way to it; nil: of none.
func postgresClass(err error) error {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		if class := codeClass(said.Code); class != nil {
			return class
		}
		if said.SeverityUnlocalized != "ERROR" || isConnect(err) { // the connection is gone, or there was none
			return ErrDown
		}
		return nil
	}
	if isConnectionLost(err) {
		return ErrDown
	}
	return nil
}

// codeClass goes by PostgreSQL's appendix A, "Error Codes".
func codeClass(code string) error {
	switch code {
	case "40001", "40P01", "23505": // serialization failure, deadlock, a row that another has just stored
		return ErrConflict
	case "55P03", "57014", "25P03", "25P04": // lock, statement, idle and transaction timeouts
		return ErrBusy
	case "53100": // disk full
		return ErrFull
	case "25006": // read-only: what was the primary is a replica now
		return ErrDown
	}
	switch {
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "58"): // connection, shutdown, system
		return ErrDown
	case strings.HasPrefix(code, "53"): // resources, such as connections
		return ErrBusy
	}
	return nil
}

// IsUnique says that a row is there already, which may be so for good.
func IsUnique(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && said.Code == "23505"
}

// isConnect says that no connection was made.
func isConnect(err error) bool {
	var connect *pgconn.ConnectError
	return errors.As(err, &connect)
}

// IsStale says that a connection was lost that had been there, so another may do.
func IsStale(err error) bool { return errors.Is(err, ErrDown) && !isConnect(err) }

// isConnectionLost says that an error is about the way to the server.
func isConnectionLost(err error) bool {
	var network net.Error
	switch {
	case isConnect(err), errors.As(err, &network):
		return true
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return true
	}
	return errors.Is(err, pgconn.ErrConnClosed)
}

// PostgresCommit classifies the error of a commit. What is not the server's own refusal leaves it open
// whether the rows are there: the answer may have been lost on its way.
//
// The server ends no commit half way: statement_timeout ends before it begins (PostgreSQL's postgres.c,
// finish_xact_command), and an ERROR after the commit record is a PANIC (xact.c, RecordTransactionAbort). A
// commit that waits for a synchronous standby and is cancelled is on the primary's disk and answered as done,
// with a warning (syncrep.c, SyncRepWaitForLSN); only an operator's pg_cancel_backend does that.
//
// pgconn.SafeToRetry is no help: it holds for "conn closed", which is also what a connection that is lost
// during the commit ends with.
func PostgresCommit(err error) error {
	var said *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return nil
	case errors.As(err, &said) && said.SeverityUnlocalized == "ERROR":
		return codeClass(said.Code)
	}
	return ErrUnknownOutcome
}
