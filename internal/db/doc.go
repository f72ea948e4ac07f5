// Package db keeps SQLite and PostgreSQL behind one thin layer, so that every
// other package writes one SQL text for both.
//
//	err := d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
//		n, err := db.Exec(ctx, tx, `UPDATE thing SET state = $1 WHERE id = $2 AND version = $3`, …)
//		…
//	})
//	thing, err := db.Get[Thing](ctx, d, `SELECT id, state FROM thing WHERE id = $1`, id)
//
// Reads go through a *DB or a *Tx; both are a Querier. Inside WithTx only the
// *Tx may be used: a second connection asked for while one is held can block
// for ever, so the *DB refuses with ErrInTx.
//
// What a portable text may hold: placeholders $1… (also repeated); columns
// TIMESTAMPTZ, JSONB, BYTEA, BOOLEAN, TEXT, INTEGER, BIGINT; TRUE and FALSE;
// ON CONFLICT … DO UPDATE; RETURNING; NULLS LAST written out. What it may not:
// now(), = ANY, SERIAL, ILIKE, SELECT *. Ids are UUIDv7 text (NewID), times
// come from a clock.Clock and are UTC in milliseconds on both engines.
//
// Transactions are serial on SQLite (one writer) and READ COMMITTED on
// PostgreSQL: a decision over rows that were read must be carried by the
// statement that writes (a condition, an upsert, a version) or by a row lock,
// Dialect.ForUpdate. A statement that fails ends the transaction on PostgreSQL:
// return its error, or write ON CONFLICT, instead of going on after ErrExists.
package db
