package db_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func TestSQLiteFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	// What a path may hold that a DSN gives a meaning to.
	for _, name := range []string{"plain.db", "hồ sơ 100%.db", "a?b#c&d=e;f.db"} {
		path := filepath.Join(dir, name)
		if name == "plain.db" {
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		d := dbtest.Open(t, "sqlite:"+path, db.Options{})
		makeThing(t, d)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + suffix)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if info.Mode().Perm() != 0o600 {
				t.Errorf("%s%s has mode %v", name, suffix, info.Mode())
			}
		}
	}
}

func TestSQLiteSettings(t *testing.T) {
	d := dbtest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), db.Options{Synchronous: "full"})
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "foreign_keys": "1", "synchronous": "2", "busy_timeout": "5000", "query_only": "0",
	} {
		got, err := db.GetW[string](t.Context(), d, `PRAGMA `+pragma)
		if err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
		}
	}
	if got, err := db.Get[int](t.Context(), d, `PRAGMA query_only`); err != nil || got != 1 {
		t.Errorf("readers: query_only = %d, %v", got, err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	open := func(url string, o db.Options) error {
		d, err := db.Open(t.Context(), url, o)
		if err == nil {
			t.Errorf("%s: opened", url)
			d.Close()
		}
		return err
	}
	if err := open("sqlite:"+filepath.Join(t.TempDir(), "none", "a.db"), db.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	notOurs := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(notOurs, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open("sqlite:"+notOurs, db.Options{}); err == nil || !strings.Contains(err.Error(), "text.db") {
		t.Errorf("another file: %v", err)
	}
	if err := open("sqlite:"+filepath.Join(t.TempDir(), "a.db"), db.Options{Synchronous: "OFF"}); err == nil || !strings.Contains(err.Error(), "FULL") {
		t.Errorf("synchronous OFF: %v", err)
	}
	open("sqlite::memory:", db.Options{})
	open("mysql://x", db.Options{})
	for _, url := range []string{
		"postgres://motcua:s3cret-word@127.0.0.1:1/none?sslmode=disable&connect_timeout=2",
		"postgres://motcua:s3cret-word@127.0.0.1:notaport/none",
	} {
		if err := open(url, db.Options{}); err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
}
