package db

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Querier is what a statement runs on: a *DB or a *Tx. On SQLite a *DB reads
// through connections that can't write.
type Querier interface {
	Dialect() Dialect

	query(ctx context.Context, text string, args []any) (*sql.Rows, error)
	exec(ctx context.Context, text string, args []any) (sql.Result, error)
	owner() *DB
}

// Exec runs a statement that returns no rows and returns how many it changed.
// On a *DB it is a transaction of its own.
func Exec(ctx context.Context, q Querier, text string, args ...any) (int64, error) {
	defer q.owner().done(ctx, text, time.Now())
	res, err := q.exec(ctx, text, args)
	if err != nil {
		return 0, mapError(err)
	}
	n, err := res.RowsAffected()
	return n, mapError(err)
}

// Get returns the first row: a struct whose exported fields carry the column
// as `db:"column"`, or a scalar when there is one column. No row is
// ErrNotFound. A column without a field is an error, a field without a column
// stays zero. Columns that can be NULL need a pointer or sql.Null* field.
func Get[T any](ctx context.Context, q Querier, text string, args ...any) (T, error) {
	defer q.owner().done(ctx, text, time.Now())
	rows, err := q.query(ctx, text, args)
	if err != nil {
		var zero T
		return zero, mapError(err)
	}
	return first[T](rows)
}

// GetW is Get for an INSERT or UPDATE … RETURNING outside WithTx: on a *DB,
// Get only reads.
func GetW[T any](ctx context.Context, d *DB, text string, args ...any) (T, error) {
	defer d.done(ctx, text, time.Now())
	var zero T
	if InTx(ctx) {
		return zero, ErrInTx
	}
	rows, err := d.write.QueryContext(ctx, text, bind(args)...)
	if err != nil {
		return zero, mapError(err)
	}
	return first[T](rows)
}

// Select returns all rows, mapped as Get does. The caller bounds them, with a
// LIMIT or by what it asks for.
func Select[T any](ctx context.Context, q Querier, text string, args ...any) ([]T, error) {
	defer q.owner().done(ctx, text, time.Now())
	rows, err := q.query(ctx, text, args)
	if err != nil {
		return nil, mapError(err)
	}
	defer rows.Close()
	var row T
	dest, err := destinations(rows, &row)
	if err != nil {
		return nil, err
	}
	var all []T
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, mapError(err)
	}
	return all, nil
}

func first[T any](rows *sql.Rows) (T, error) {
	defer rows.Close()
	var row, zero T
	dest, err := destinations(rows, &row)
	if err != nil {
		return zero, err
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return zero, mapError(err)
		}
		return zero, ErrNotFound
	}
	if err := rows.Scan(dest...); err != nil {
		return zero, err
	}
	// Closing tells whether a statement that writes was kept.
	if err := rows.Close(); err != nil {
		return zero, mapError(err)
	}
	return row, nil
}
