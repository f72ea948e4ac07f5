package dbtest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"motcua/internal/db"
)

// setupTimeout bounds the making of one database, also when many test
// processes share two cores.
const setupTimeout = 2 * time.Minute

// Each runs fn on SQLite and on PostgreSQL, as sub-tests "sqlite" and
// "postgres", each with a fresh database.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) { fn(t, New(t, dialect)) })
	}
}

// New returns a fresh, migrated database that is closed and removed when the
// test ends.
func New(t testing.TB, dialect db.Dialect) *db.DB {
	t.Helper()
	return Open(t, URL(t, dialect), db.Options{})
}

// URL makes a fresh, migrated database and returns its address: for tests that
// open it several times, as replicas do, or hand it to the program. It is
// removed when the test ends.
func URL(t testing.TB, dialect db.Dialect) string {
	t.Helper()
	return create(t, dialect, true)
}

// EmptyURL is URL without the migrations.
func EmptyURL(t testing.TB, dialect db.Dialect) string {
	t.Helper()
	return create(t, dialect, false)
}

// Open opens the database at url and closes it when the test ends. Without
// other wishes in o, nothing is logged and the pool is small.
func Open(t testing.TB, url string, o db.Options) *db.DB {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxConns == 0 {
		o.MaxConns = 8
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	d, err := db.Open(ctx, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Shared returns one migrated database for all calls of the process, for fuzz
// targets, which run a body thousands of times. It is not closed; its file is
// removed by a process that comes later.
func Shared(t testing.TB, dialect db.Dialect) *db.DB {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if d := shared.by[dialect]; d != nil {
		return d
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	engine := sharedSQLite
	if dialect == db.Postgres {
		engine = sharedPostgres
	}
	url, err := engine(ctx)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, url, db.Options{Log: slog.New(slog.DiscardHandler), MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	shared.by[dialect] = d
	return d
}

var shared = struct {
	sync.Mutex
	by map[db.Dialect]*db.DB
}{by: map[db.Dialect]*db.DB{}}

func create(t testing.TB, dialect db.Dialect, migrated bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	engine := createSQLite
	if dialect == db.Postgres {
		engine = createPostgres
	}
	url, err := engine(ctx, t, migrated)
	if err != nil {
		t.Fatal(err)
	}
	return url
}
