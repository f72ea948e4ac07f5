package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Dialect names a database engine.
type Dialect int

// The two engines.
const (
	SQLite Dialect = iota + 1
	Postgres
)

func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "sqlite"
	case Postgres:
		return "postgres"
	}
	return "unknown"
}

// ForUpdate is the clause that ends a SELECT inside WithTx whose rows stay
// locked until the transaction ends. It is empty on SQLite, where every
// transaction is alone.
func (d Dialect) ForUpdate() string {
	if d == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// SkipLocked is ForUpdate for claims: rows that another transaction holds are
// left out instead of waited for.
func (d Dialect) SkipLocked() string {
	if d == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// Options tune a database. The zero value is good.
type Options struct {
	// Log receives slow statements. Nil: slog.Default.
	Log *slog.Logger
	// SlowQuery is the duration from which a statement is logged, without its
	// arguments. 0: none.
	SlowQuery time.Duration
	// Synchronous is SQLite's setting of that name: NORMAL (default; a power
	// cut may lose the last commits but never corrupts) or FULL.
	Synchronous string
	// MaxConns bounds the connections to PostgreSQL. 0: defaultMaxConns.
	MaxConns int
}

// defaultMaxConns leaves room for six replicas and a console under
// PostgreSQL's default of 100 connections.
const defaultMaxConns = 16

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	write   *sql.DB
	read    *sql.DB // the same as write on PostgreSQL
	log     *slog.Logger
	slow    time.Duration
}

// Open opens the database at url: "sqlite:/path/file.db", whose folder must
// exist and whose file is created with mode 0600, or "postgres://…". It fails
// with ErrNewerSchema when the schema was written by a newer program; it does
// not migrate. The error never holds the password of the url.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	d := &DB{log: o.Log, slow: o.SlowQuery}
	var err error
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		d.dialect = SQLite
		d.write, d.read, err = openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"), o)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		d.dialect = Postgres
		d.write, err = openPostgres(ctx, url, o)
		d.read = d.write
	default:
		err = errors.New(`the address must begin with "sqlite:" or "postgres://"`)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := d.checkSchema(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close closes all connections.
func (d *DB) Close() error {
	if d.read == d.write {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// Dialect tells the engine.
func (d *DB) Dialect() Dialect { return d.dialect }

// SQL returns the pool that writes, for the job queue and the migrations
// only. On SQLite it has a single connection: whoever holds it must not ask
// for another.
func (d *DB) SQL() *sql.DB { return d.write }

// Ping asks the engine for a sign of life.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// Stats returns the state of each pool by name, for metrics.
func (d *DB) Stats() map[string]sql.DBStats {
	if d.read == d.write {
		return map[string]sql.DBStats{"main": d.write.Stats()}
	}
	return map[string]sql.DBStats{"write": d.write.Stats(), "read": d.read.Stats()}
}

func (d *DB) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	if InTx(ctx) {
		return nil, ErrInTx
	}
	return d.read.QueryContext(ctx, text, bind(args)...)
}

func (d *DB) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	if InTx(ctx) {
		return nil, ErrInTx
	}
	return d.write.ExecContext(ctx, text, bind(args)...)
}

// done logs a statement that took long. Arguments are personal data and stay
// out.
func (d *DB) done(ctx context.Context, text string, start time.Time) {
	if d.slow <= 0 {
		return
	}
	if took := time.Since(start); took >= d.slow {
		d.log.WarnContext(ctx, "slow statement", "sql", text, "took_ms", took.Milliseconds())
	}
}

func (d *DB) owner() *DB { return d }
