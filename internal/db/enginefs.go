package db

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// engineFS shows a folder of migrations as one engine sees it: portable files
// NNNNN_name.sql, with the type words that SQLite doesn't know rewritten, and
// of the pairs NNNNN_name.sqlite.sql, NNNNN_name.postgres.sql its own half,
// untouched.
type engineFS struct {
	fs.FS
	dialect Dialect
}

var sqliteTypes = strings.NewReplacer("TIMESTAMPTZ", "TIMESTAMP", "JSONB", "TEXT", "BYTEA", "BLOB")

func (e engineFS) foreign(name string) bool {
	other := Postgres
	if e.dialect == Postgres {
		other = SQLite
	}
	return strings.HasSuffix(name, "."+other.String()+".sql")
}

func (e engineFS) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(e.FS, pattern)
	return slices.DeleteFunc(names, e.foreign), err
}

func (e engineFS) Open(name string) (fs.File, error) {
	if path.Ext(name) != ".sql" {
		return e.FS.Open(name)
	}
	if e.foreign(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	f, err := e.FS.Open(name)
	if err != nil || e.dialect != SQLite || strings.HasSuffix(name, ".sqlite.sql") {
		return f, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(e.FS, name)
	if err != nil {
		return nil, err
	}
	return &textFile{strings.NewReader(sqliteTypes.Replace(string(text))), info}, nil
}

type textFile struct {
	*strings.Reader
	info fs.FileInfo
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *textFile) Close() error               { return nil }
