package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var embedded embed.FS

const (
	// lockID is the advisory lock that replicas take to migrate one at a time.
	lockID = 0x6d6f74637561
	// lockPause and lockTries bound the wait for it: five minutes.
	lockPause = 50 * time.Millisecond
	lockTries = 6000
	// maxRaces bounds how often a migration of SQLite starts again because
	// another process made progress meanwhile.
	maxRaces = 100
)

// Migrate brings the schema to the newest version this program knows. Several
// replicas may call it at once: each migration is applied once. There is no
// way down; a backup is the way back. A schema that is newer is left alone:
// ErrNewerSchema.
func (d *DB) Migrate(ctx context.Context) error { return d.migrate(ctx, migrationFiles()) }

func migrationFiles() fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

func (d *DB) migrate(ctx context.Context, files fs.FS) error {
	files = engineFS{files, d.dialect}
	if err := d.checkVersion(ctx, files); err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
		options = append(options, goose.WithSessionLocker(advisoryLock{}))
	}
	p, err := goose.NewProvider(dialect, d.write, files, options...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for race := 0; ; race++ {
		before, err := d.schemaVersion(ctx)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if _, err = p.Up(ctx); err == nil {
			break
		}
		// SQLite has no lock that spans the whole run: who loses the race for
		// one migration finds the schema moved on and continues from there.
		after, verr := d.schemaVersion(ctx)
		if d.dialect != SQLite || verr != nil || after == before || race == maxRaces {
			return fmt.Errorf("migrate%s: %w", failedFile(err), err)
		}
	}
	return d.checkVersion(ctx, files)
}

func failedFile(err error) string {
	var partial *goose.PartialError
	if errors.As(err, &partial) && partial.Failed != nil && partial.Failed.Source != nil {
		return " " + partial.Failed.Source.Path
	}
	return ""
}

// checkSchema refuses a schema that a newer program wrote.
func (d *DB) checkSchema(ctx context.Context) error {
	return d.checkVersion(ctx, engineFS{migrationFiles(), d.dialect})
}

func (d *DB) checkVersion(ctx context.Context, files fs.FS) error {
	have, err := d.schemaVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	known, err := newest(files)
	if err != nil {
		return err
	}
	if have > known {
		return fmt.Errorf("%w (schema %d, this program knows %d)", ErrNewerSchema, have, known)
	}
	return nil
}

// schemaVersion is the newest applied migration, 0 in an empty database.
func (d *DB) schemaVersion(ctx context.Context) (int64, error) {
	exists := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
	if d.dialect == Postgres {
		exists = `SELECT count(to_regclass('goose_db_version'))`
	}
	n, err := Get[int](ctx, d, exists)
	if err != nil || n == 0 {
		return 0, err
	}
	return Get[int64](ctx, d, `SELECT COALESCE(max(version_id), 0) FROM goose_db_version WHERE is_applied`)
}

func newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var last int64
	for _, n := range names {
		v, err := goose.NumericComponent(n)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", n, err)
		}
		last = max(last, v)
	}
	return last, nil
}

// advisoryLock holds a lock of the session that runs the migrations. goose's
// own waits whole seconds between tries, and so would a replica's start.
type advisoryLock struct{}

func (advisoryLock) SessionLock(ctx context.Context, c *sql.Conn) error {
	for range lockTries {
		var ok bool
		if err := c.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(lockID)).Scan(&ok); err != nil {
			return err
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPause):
		}
	}
	return errors.New("another process has been migrating for too long")
}

func (advisoryLock) SessionUnlock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(lockID))
	return err
}

// MigrationDigest identifies the set of migrations in this program: two
// programs with the same digest make the same schema.
func MigrationDigest() []byte {
	files := migrationFiles()
	h := sha256.New()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for _, n := range names {
		text, err := fs.ReadFile(files, n)
		if err != nil {
			panic(err) // the file is part of the program
		}
		fmt.Fprintf(h, "%s %d\n%s", n, len(text), text)
	}
	return h.Sum(nil)
}
