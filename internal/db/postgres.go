package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connIdle is how long an unused connection to PostgreSQL is kept.
const connIdle = 5 * time.Minute

func openPostgres(ctx context.Context, url string, o Options) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "motcua"
	}
	pool := sql.OpenDB(checkedConnector{stdlib.GetConnector(*cfg)})
	n := o.MaxConns
	if n <= 0 {
		n = defaultMaxConns
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	pool.SetConnMaxIdleTime(connIdle)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// checkedConnector makes connections that can say they are broken. A query
// that is cancelled closes its connection; without IsValid the pool hands that
// one to whoever waits next, and under load three such in a row are an error
// for somebody who cancelled nothing.
type checkedConnector struct{ driver.Connector }

func (c checkedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pg, ok := conn.(*stdlib.Conn)
	if !ok {
		return conn, nil
	}
	return checkedConn{pg}, nil
}

type checkedConn struct{ *stdlib.Conn }

func (c checkedConn) IsValid() bool { return !c.Conn.Conn().IsClosed() }

var _ driver.Validator = checkedConn{}
