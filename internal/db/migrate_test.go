package db_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

var dialects = []db.Dialect{db.SQLite, db.Postgres}

func versions(t *testing.T, d *db.DB) []int {
	t.Helper()
	v, err := db.Select[int](t.Context(), d, `SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestReplicasThatStartAtOnceMigrateOnce(t *testing.T) {
	// Many small files give a race more chances than the program's few.
	small := fstest.MapFS{}
	for i := range 40 {
		small[fmt.Sprintf("%05d_t.sql", i+1)] = &fstest.MapFile{
			Data: fmt.Appendf(nil, "-- +goose Up\nCREATE TABLE t%d (id TEXT);\nINSERT INTO t%d VALUES ('once');\n", i, i)}
	}
	for name, files := range map[string]fs.FS{"program": db.MigrationFiles(), "small": small} {
		names, err := fs.Glob(files, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{} // by number: a pair is one migration
		for _, n := range names {
			want[n[:5]] = true
		}
		for _, dialect := range dialects {
			t.Run(name+"/"+dialect.String(), func(t *testing.T) {
				url := dbtest.EmptyURL(t, dialect)
				var replicas []*db.DB
				for range 4 {
					replicas = append(replicas, dbtest.Open(t, url, db.Options{}))
				}
				if name == "small" {
					// The library waits a second when two make its own table.
					first := fstest.MapFS{"00001_t.sql": small["00001_t.sql"]}
					if err := replicas[0].MigrateFiles(t.Context(), first); err != nil {
						t.Fatal(err)
					}
				}
				start := make(chan struct{})
				var all sync.WaitGroup
				for _, d := range replicas {
					all.Go(func() {
						<-start
						if err := d.MigrateFiles(context.Background(), files); err != nil {
							t.Error(err)
						}
					})
				}
				close(start)
				all.Wait()
				got := versions(t, replicas[0])
				if len(got) != len(want) {
					t.Errorf("applied %v, of %d", got, len(want))
				}
				for i := 1; i < len(got); i++ {
					if got[i] <= got[i-1] {
						t.Errorf("order %v", got)
					}
				}
				if err := replicas[1].MigrateFiles(t.Context(), files); err != nil {
					t.Errorf("again: %v", err)
				}
			})
		}
	}
}

func TestAnOldProgramRefusesANewerSchema(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			url := dbtest.URL(t, dialect)
			d := dbtest.Open(t, url, db.Options{})
			exec(t, d, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`)
			if err := d.Migrate(t.Context()); !errors.Is(err, db.ErrNewerSchema) {
				t.Errorf("Migrate: %v", err)
			}
			old, err := db.Open(t.Context(), url, db.Options{})
			if !errors.Is(err, db.ErrNewerSchema) {
				t.Errorf("Open: %v", err)
			}
			if old != nil {
				old.Close()
			}
		})
	}
}

func TestPairsGapsAndTypeWords(t *testing.T) {
	files := fstest.MapFS{
		"00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (at TIMESTAMPTZ, j JSONB, b BYTEA, s TEXT DEFAULT 'x;y');\n")},
		"00004_b.sqlite.sql": {Data: []byte("-- +goose Up\nCREATE TABLE pair (engine TEXT);\n" +
			"INSERT INTO pair VALUES ('sqlite TIMESTAMPTZ');\n")},
		"00004_b.postgres.sql": {Data: []byte("-- +goose Up\nCREATE TABLE pair (engine TEXT);\n" +
			"INSERT INTO pair VALUES ('postgres TIMESTAMPTZ');\n")},
	}
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			d := dbtest.Open(t, dbtest.EmptyURL(t, dialect), db.Options{})
			if err := d.MigrateFiles(t.Context(), files); err != nil {
				t.Fatal(err)
			}
			if got := versions(t, d); !cmp.Equal(got, []int{1, 4}) {
				t.Errorf("applied %v", got)
			}
			if e, err := db.Get[string](t.Context(), d, `SELECT engine FROM pair`); err != nil || e != dialect.String()+" TIMESTAMPTZ" {
				t.Errorf("pair of %q, %v", e, err)
			}
			if dialect == db.SQLite {
				text, err := db.Get[string](t.Context(), d, `SELECT sql FROM sqlite_master WHERE name = 'a'`)
				if err != nil || !strings.Contains(text, "at TIMESTAMP, j TEXT, b BLOB") {
					t.Errorf("%s, %v", text, err)
				}
			}
		})
	}
}

func TestAFailingMigrationNamesItselfAndLeavesTheEarlierOnes(t *testing.T) {
	files := fstest.MapFS{
		"00001_good.sql": {Data: []byte("-- +goose Up\nCREATE TABLE good (id TEXT);\n")},
		"00002_bad.sql":  {Data: []byte("-- +goose Up\nCREATE TABLE half (id TEXT);\nCREATE TABLE good (id TEXT);\n")},
	}
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			d := dbtest.Open(t, dbtest.EmptyURL(t, dialect), db.Options{})
			err := d.MigrateFiles(t.Context(), files)
			if err == nil || !strings.Contains(err.Error(), "00002_bad.sql") {
				t.Fatalf("%v", err)
			}
			if got := versions(t, d); !cmp.Equal(got, []int{1}) {
				t.Errorf("applied %v", got)
			}
			if _, err := db.Exec(t.Context(), d, `CREATE TABLE half (id TEXT)`); err != nil {
				t.Errorf("the failing migration left half of itself: %v", err)
			}
		})
	}
}

type column struct {
	Table string `db:"t"`
	Name  string `db:"c"`
	Maybe bool   `db:"nullable"`
	Kind  string `db:"kind"`
}

// Both engines must have the same tables and columns.
func TestBothEnginesGetTheSameSchema(t *testing.T) {
	lite, err := db.Select[column](t.Context(), dbtest.New(t, db.SQLite), `SELECT m.name AS t, p.name AS c, p."notnull" = 0 AND p.pk = 0 AS nullable,
			CASE WHEN p.type IN ('TIMESTAMP', 'BOOLEAN', 'BIGINT', 'INTEGER') THEN p.type ELSE 'TEXT' END AS kind
		FROM sqlite_master m, pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name <> 'goose_db_version' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	pg, err := db.Select[column](t.Context(), dbtest.New(t, db.Postgres), `SELECT table_name::TEXT AS t, column_name::TEXT AS c, is_nullable = 'YES' AS nullable,
			CASE data_type WHEN 'timestamp with time zone' THEN 'TIMESTAMP' WHEN 'boolean' THEN 'BOOLEAN' WHEN 'bigint' THEN 'BIGINT'
				WHEN 'integer' THEN 'INTEGER' ELSE 'TEXT' END AS kind
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'goose_db_version'
		ORDER BY table_name COLLATE "C", column_name COLLATE "C"`)
	if err != nil {
		t.Fatal(err)
	}
	if len(lite) == 0 {
		t.Fatal("no tables")
	}
	if d := cmp.Diff(lite, pg); d != "" {
		t.Errorf("sqlite (-), postgres (+):\n%s", d)
	}
}

// Words that mean something on one engine only, or that take a decision away
// from the program, such as the time.
var unportable = regexp.MustCompile(`(?i)\b(SERIAL|BIGSERIAL|AUTOINCREMENT|now\(\)|CURRENT_TIMESTAMP|DATETIME|VARCHAR|UUID|ILIKE|IF NOT EXISTS|DROP TABLE)\b`)

func TestMigrationsArePortableAndSayHowLongRowsAreKept(t *testing.T) {
	files := db.MigrationFiles()
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	seen := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, ".sql"), ".sqlite"), ".postgres")
		if !regexp.MustCompile(`^\d{5}_[a-z_]+$`).MatchString(base) {
			t.Errorf("%s: want NNNNN_name", name)
		}
		if other, ok := seen[base[:5]]; ok && other != base {
			t.Errorf("%s and %s share a number", base, other)
		}
		seen[base[:5]] = base
		paired := base+".sql" != name
		above := ""
		for i, line := range strings.Split(string(text), "\n") {
			comment := strings.HasPrefix(line, "--")
			if w := unportable.FindString(line); w != "" && !comment && !paired {
				t.Errorf("%s:%d: %s isn't portable", name, i+1, w)
			}
			if strings.HasPrefix(line, "CREATE TABLE") && above == "" {
				t.Errorf("%s:%d: a table without a comment that says what it is for and how long its rows are kept", name, i+1)
			}
			if comment && !strings.HasPrefix(line, "-- +goose") {
				above += line
			} else {
				above = ""
			}
		}
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s: there is no way down; a backup is the way back", name)
		}
	}
}
