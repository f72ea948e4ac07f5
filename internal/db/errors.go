package db

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The errors that callers tell apart with errors.Is. Every other error is a
// failure of the engine or of the program.
var (
	// ErrNotFound: Get found no row.
	ErrNotFound = errors.New("not found")
	// ErrExists: a row with the same unique value is there already.
	ErrExists = errors.New("already exists")
	// ErrConflict: somebody else changed the row first. Callers return it when
	// an UPDATE with a version in its condition changed nothing; WithTx when
	// its retries are used up.
	ErrConflict = errors.New("changed by somebody else")
	// ErrInTx: WithTx was called inside WithTx, or the *DB used where the *Tx
	// must be.
	ErrInTx = errors.New("db: a transaction is open in this context: use its Tx")
	// ErrNewerSchema: the database belongs to a newer version of the program.
	ErrNewerSchema = errors.New("the database was written by a newer version of this program: start that version, or restore a backup made before it")
)

// mapError gives the errors of both engines one meaning. The engine's error
// stays in the chain, so that WithTx can see whether to try again.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return fmt.Errorf("%w: %w", ErrExists, err)
		}
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if pg.Code == "23505" {
			return fmt.Errorf("%w: %w", ErrExists, err)
		}
		// Messages of class 22 quote the value, which may be personal data.
		if strings.HasPrefix(pg.Code, "22") {
			return fmt.Errorf("value refused by the database (SQLSTATE %s)", pg.Code)
		}
	}
	return err
}

// retryable tells whether the transaction lost a race that it may win the next
// time.
func retryable(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return true
		}
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	return false
}
