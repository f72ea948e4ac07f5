package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"strings"
)

const (
	// busyTimeoutMS is how long a statement waits for another process (a
	// console command beside the server) to release the file.
	busyTimeoutMS = 5000
	// minReaders lets a page read while another one does, also on one core.
	minReaders = 4
)

// openSQLite opens the writer, which is a single connection because SQLite
// lets only one write at a time and a queue in Go waits without polling, and
// the readers, which see the last commit and can't write.
func openSQLite(ctx context.Context, path string, o Options) (write, read *sql.DB, err error) {
	sync := strings.ToUpper(o.Synchronous)
	switch sync {
	case "":
		sync = "NORMAL"
	case "NORMAL", "FULL":
	default:
		return nil, nil, fmt.Errorf("synchronous must be NORMAL or FULL, not %q", o.Synchronous)
	}
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, nil, errors.New("sqlite: needs the path of a file")
	}
	if err := makePrivate(path); err != nil {
		return nil, nil, err
	}
	// The busy timeout comes first: setting the journal mode can meet a lock.
	common := []string{fmt.Sprintf("busy_timeout(%d)", busyTimeoutMS)}
	writer := append(common[:1:1],
		"journal_mode(WAL)", "synchronous("+sync+")", "foreign_keys(1)",
		"temp_store(MEMORY)", "cache_size(-16000)")
	reader := append(common[:1:1], "query_only(1)", "temp_store(MEMORY)", "cache_size(-4000)")

	if write, err = sql.Open("sqlite", sqliteDSN(path, writer)); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	if err := write.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", path, err), write.Close())
	}
	if read, err = sql.Open("sqlite", sqliteDSN(path, reader)); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	n := max(minReaders, 2*runtime.GOMAXPROCS(0))
	read.SetMaxOpenConns(n)
	read.SetMaxIdleConns(n)
	return write, read, nil
}

func sqliteDSN(path string, pragmas []string) string {
	// BEGIN IMMEDIATE: a transaction that began by reading could otherwise
	// fail when it first writes. Times are kept as text that sorts by time
	// because all of it is UTC.
	q := url.Values{
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
		"_pragma":      pragmas,
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	return u.String()
}

// makePrivate creates the file, or takes it back from group and others:
// SQLite gives its -wal and -shm files the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&fs.FileMode(0o077) == 0 {
		return nil
	}
	return f.Chmod(0o600)
}
