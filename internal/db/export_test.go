package db

import (
	"context"
	"io/fs"
)

// MigrateFiles migrates with other files than the program's.
func (d *DB) MigrateFiles(ctx context.Context, files fs.FS) error { return d.migrate(ctx, files) }

// MigrationFiles are the program's.
var MigrationFiles = migrationFiles
