package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"motcua/internal/db"
)

// sqliteTemplate is the file of a migrated database, made once per process.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "motcua-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	ctx := context.Background()
	d, err := db.Open(ctx, "sqlite:"+path, db.Options{})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx); err != nil {
		d.Close()
		return nil, err
	}
	// Closing the last connection moves the write-ahead log into the file.
	if err := d.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func createSQLite(_ context.Context, t testing.TB, migrated bool) (string, error) {
	path := filepath.Join(t.TempDir(), "test.db")
	if migrated {
		file, err := sqliteTemplate()
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(path, file, 0o600); err != nil {
			return "", err
		}
	}
	return "sqlite:" + path, nil
}

const sharedPrefix = "motcua-shared-"

func sharedSQLite(context.Context) (string, error) {
	old, err := filepath.Glob(filepath.Join(os.TempDir(), sharedPrefix+"*"))
	if err != nil {
		return "", err
	}
	for _, dir := range old {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > staleAfter {
			if err := os.RemoveAll(dir); err != nil {
				return "", err
			}
		}
	}
	file, err := sqliteTemplate()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", sharedPrefix)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "test.db")
	return "sqlite:" + path, os.WriteFile(path, file, 0o600)
}
