package oidcop

import (
	"context"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/jobs"
	"motcua/internal/session"
)

// States of a delivery.
const (
	LogoutWaiting   = "waiting"
	LogoutDelivered = "delivered"
	LogoutGivenUp   = "given_up"
)

const (
	// expiredBatch bounds the sessions that one transaction ends by time, and
	// expiredBatches one run; the next run goes on.
	expiredBatch   = 100
	expiredBatches = 50
	// keepDeliveries is how long a delivery can be looked up; the migration
	// says the same.
	keepDeliveries = 30 * 24 * time.Hour
	// deliveriesMax bounds a list of deliveries.
	deliveriesMax = 500
)

// logoutArgs names a delivery.
type logoutArgs struct {
	ID string `json:"id"`
}

func (logoutArgs) Kind() string { return "oidcop.logout" }

// Register declares the job of this package; call it once, before the queue
// starts. The provider is asked for late because it needs the queue itself.
func Register(r *jobs.Registry, provider func() *Provider, opts ...jobs.Option) {
	jobs.Register(r, func(ctx context.Context, a logoutArgs) error { return provider().deliver(ctx, a.ID) }, opts...)
}

// sessionsEnded queues a notice to each service that got tokens in one of the
// sessions (OP-14). It runs in the transaction that ends them, whoever does:
// a sign-out, another sign-in, a lock or reset from the console, time.
func (p *Provider) sessionsEnded(ctx context.Context, tx *db.Tx, ended []session.Ended, cause string) error {
	for _, e := range ended {
		clients, err := db.Select[string](ctx, tx, `SELECT DISTINCT client_id FROM access_token WHERE session_id = $1 ORDER BY client_id`, e.ID)
		if err != nil {
			return err
		}
		for _, client := range clients {
			if err := p.tellService(ctx, tx, e, client, cause); err != nil {
				return err
			}
		}
	}
	return nil
}

// EndExpired ends the sessions that are over by time, so that their services
// learn of it. It runs every other second. Those behind isolated services are
// left alone: they are short by design and say nothing about the officer's.
func (p *Provider) EndExpired(ctx context.Context) error {
	for range expiredBatches {
		n := 0
		err := p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			ended, err := p.Sessions.EndExpired(ctx, tx, identity.Site, KindSSO, expiredBatch)
			if err != nil {
				return err
			}
			n = len(ended)
			for _, e := range ended {
				err := p.Audit.Append(ctx, tx, audit.Event{Action: "account.sign_out", Actor: audit.System, Outcome: audit.OK, Reason: session.ReasonExpired,
					Target: audit.Ref{Kind: identity.RefAccount, ID: e.Subject}, Detail: map[string]string{"session": e.ID}})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < expiredBatch {
			return err
		}
	}
	return nil
}

// A Delivery is one service to be told of one ended session.
type Delivery struct {
	ID        string     `db:"id"`
	SessionID string     `db:"session_id"`
	ClientID  string     `db:"client_id"`
	AccountID string     `db:"account_id"`
	Cause     string     `db:"cause"`
	State     string     `db:"state"`
	Attempts  int        `db:"attempts"`
	LastError string     `db:"last_error"` // a code
	CreatedAt time.Time  `db:"created_at"`
	NextTry   *time.Time `db:"next_try_at"`
	EndedAt   *time.Time `db:"ended_at"`
}

const deliveryColumns = `id, session_id, client_id, account_id, cause, state, attempts, last_error, created_at, next_try_at, ended_at`

// Deliveries returns the newest deliveries in a state, "" for all, at most 500.
func (p *Provider) Deliveries(ctx context.Context, state string) ([]Delivery, error) {
	where, args := "", []any{deliveriesMax}
	if state != "" {
		where, args = "WHERE state = $2 ", append(args, state)
	}
	return db.Select[Delivery](ctx, p.DB, `SELECT `+deliveryColumns+` FROM logout_delivery `+where+`ORDER BY created_at DESC, id DESC LIMIT $1`, args...)
}
