// Package dbtest gives a test a fresh, migrated database of its own on each
// engine:
//
//	dbtest.Each(t, func(t *testing.T, d *db.DB) { … })
//
// Making one is cheap: a copy of a template that is migrated once (SQLite:
// once per process; PostgreSQL: once per set of migrations, shared by all
// processes of a server). Several test processes may run at once, and tests
// may be parallel. PostgreSQL is needed, never skipped: MOTCUA_TEST_POSTGRES
// names a server whose role may create databases.
package dbtest
