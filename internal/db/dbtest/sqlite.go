package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

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
