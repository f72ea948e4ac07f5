package dbtest

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"motcua/internal/db"
)

const (
	serverEnv = "MOTCUA_TEST_POSTGRES"

	// Names of databases hold the second they were made in, so that what a
	// killed process left behind can be told from what is in use.
	templatePrefix = "motcua_template_"
	testPrefix     = "motcua_test_"
	staleAfter     = 2 * time.Hour

	// templateLock is the advisory lock under which a template is made.
	templateLock = 0x6d6f7464
)

const missing = serverEnv + ` is not set: these tests need PostgreSQL 15 or newer. "make test" starts one; by hand, with a role that may create databases:
	initdb -D /tmp/motcua-pg -U motcua -A trust && pg_ctl -D /tmp/motcua-pg -w -o "-p 54329 -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start
	export ` + serverEnv + `=postgres://motcua@127.0.0.1:54329/postgres?sslmode=disable`

var (
	processStart = time.Now().Unix()
	serial       atomic.Int64
)

// admin is the connection to the server's own database, and what a test
// database's address is made from.
type admin struct {
	url  *url.URL
	pool *sql.DB
	// template is the name of the migrated database for this set of
	// migrations.
	template string
}

var server = sync.OnceValues(func() (*admin, error) {
	address := os.Getenv(serverEnv)
	if address == "" {
		return nil, errors.New(missing)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s is not an address", serverEnv)
	}
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(2)
	digest := db.MigrationDigest()
	a := &admin{url: u, pool: pool, template: templatePrefix + hex.EncodeToString(digest[:8])}
	if err := pool.Ping(); err != nil {
		return nil, fmt.Errorf("%s: %w", serverEnv, err)
	}
	return a, nil
})

func (a *admin) address(database string) string {
	u := *a.url
	u.Path = "/" + database
	return u.String()
}

func createPostgres(ctx context.Context, t testing.TB, migrated bool) (string, error) {
	a, err := server()
	if err != nil {
		return "", err
	}
	name := newName()
	if migrated {
		err = a.copyTemplate(ctx, name)
	} else {
		_, err = a.pool.ExecContext(ctx, `CREATE DATABASE `+name+` TEMPLATE template0 STRATEGY file_copy`)
	}
	if err != nil {
		return "", err
	}
	t.Cleanup(func() {
		// The test's own context may be over.
		if _, err := a.pool.ExecContext(context.Background(), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return a.address(name), nil
}

func sharedPostgres(ctx context.Context) (string, error) {
	a, err := server()
	if err != nil {
		return "", err
	}
	name := newName()
	return a.address(name), a.copyTemplate(ctx, name)
}

func newName() string {
	return fmt.Sprintf("%s%d_%d_%d", testPrefix, processStart, os.Getpid(), serial.Add(1))
}

func (a *admin) copyTemplate(ctx context.Context, name string) error {
	// file_copy beats the default strategy for small databases.
	create := `CREATE DATABASE ` + name + ` TEMPLATE ` + a.template + ` STRATEGY file_copy`
	_, err := a.pool.ExecContext(ctx, create)
	var pg *pgconn.PgError
	const invalidCatalogName = "3D000"
	if errors.As(err, &pg) && pg.Code == invalidCatalogName {
		if err := a.makeTemplate(ctx); err != nil {
			return err
		}
		_, err = a.pool.ExecContext(ctx, create)
	}
	return err
}

// makeTemplate makes the template under another name and gives it its own when
// it is complete, so that a killed process leaves no half of one.
func (a *admin) makeTemplate(ctx context.Context) (err error) {
	c, err := a.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := c.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, templateLock); err != nil {
		return err
	}
	defer func() {
		_, uerr := c.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, templateLock)
		err = errors.Join(err, uerr)
	}()
	var n int
	if err := c.QueryRowContext(ctx, `SELECT count(*) FROM pg_database WHERE datname = $1`, a.template).Scan(&n); err != nil || n > 0 {
		return err
	}
	if err := a.sweep(ctx, c); err != nil {
		return err
	}
	name := fmt.Sprintf("%s%d_%d_template", testPrefix, processStart, os.Getpid())
	if _, err := c.ExecContext(ctx, `CREATE DATABASE `+name+` TEMPLATE template0 STRATEGY file_copy`); err != nil {
		return err
	}
	d, err := db.Open(ctx, a.address(name), db.Options{})
	if err != nil {
		return err
	}
	if err := errors.Join(d.Migrate(ctx), d.Close()); err != nil {
		_, derr := c.ExecContext(ctx, `DROP DATABASE `+name+` WITH (FORCE)`)
		return errors.Join(err, derr)
	}
	if _, err := c.ExecContext(ctx, fmt.Sprintf(`COMMENT ON DATABASE %s IS '%d'`, name, time.Now().Unix())); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `ALTER DATABASE `+name+` RENAME TO `+a.template)
	return err
}

// sweep removes databases that nobody can be using any more.
func (a *admin) sweep(ctx context.Context, c *sql.Conn) error {
	rows, err := c.QueryContext(ctx, `SELECT datname, COALESCE(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname LIKE 'motcua\_te%'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var old []string
	for rows.Next() {
		var name, made string
		if err := rows.Scan(&name, &made); err != nil {
			return err
		}
		if rest, ok := strings.CutPrefix(name, testPrefix); ok {
			made, _, _ = strings.Cut(rest, "_")
		}
		at, err := strconv.ParseInt(made, 10, 64)
		if err == nil && time.Since(time.Unix(at, 0)) > staleAfter {
			old = append(old, name)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, name := range old {
		if _, err := c.ExecContext(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			return err
		}
	}
	return nil
}
