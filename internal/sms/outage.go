package sms

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"motcua/internal/db"
)

// MaxNote bounds the operators' note on an outage, in bytes.
const MaxNote = 200

// An Outage tells whether messages go out at all.
type Outage struct {
	Out bool
	// Declared: operators said so; otherwise every provider fails.
	Declared bool
	Since    time.Time
	Note     string
}

// Declare throws the operators' switch: messages that wait fail, new ones fail
// at once, and whoever waits for one is told. Declaring it again changes the
// note. It writes with tx, beside its audit record.
func (s *Service) Declare(ctx context.Context, tx *db.Tx, note string) error {
	if len(note) > MaxNote || !utf8.ValidString(note) {
		return fmt.Errorf("sms: the note must be UTF-8 of at most %d bytes", MaxNote)
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO sms_outage (id, note, since) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET note = $1`, note, s.clk.Now())
	return err
}

// Resume takes the switch back, also for providers that rest: whoever throws
// it knows better than their schedule. It reports whether SMS was declared out
// of order.
func (s *Service) Resume(ctx context.Context, tx *db.Tx) (was bool, err error) {
	n, err := db.Exec(ctx, tx, `DELETE FROM sms_outage WHERE id = 1`)
	if err == nil {
		_, err = db.Exec(ctx, tx, `UPDATE sms_provider SET failures = 0, rested_until = $1, why = '' WHERE failures > 0`, s.clk.Now())
	}
	return n == 1, err
}

// Outage tells whether SMS is out of order, by the switch or because every
// provider of this process has failed several times in a row.
func (s *Service) Outage(ctx context.Context, q db.Querier) (Outage, error) {
	o, err := declared(ctx, q)
	if err != nil || o.Out || len(s.routes) == 0 {
		return o, err
	}
	state, err := s.health(ctx, q)
	if err != nil {
		return Outage{}, err
	}
	var since time.Time
	for _, r := range s.routes {
		h := state[r.Provider.Name()]
		if !h.out(s.clk.Now()) {
			return Outage{}, nil
		}
		if h.Since.After(since) {
			since = h.Since
		}
	}
	return Outage{Out: true, Since: since}, nil
}

// Present is Outage for who has no transaction open.
func (s *Service) Present(ctx context.Context) (Outage, error) { return s.Outage(ctx, s.db) }

func declared(ctx context.Context, q db.Querier) (Outage, error) {
	row, err := db.Get[struct {
		Note  string    `db:"note"`
		Since time.Time `db:"since"`
	}](ctx, q, `SELECT note, since FROM sms_outage WHERE id = 1`)
	if errors.Is(err, db.ErrNotFound) {
		return Outage{}, nil
	}
	return Outage{Out: err == nil, Declared: true, Since: row.Since, Note: row.Note}, err
}

// hopeless is the reason for which a new message would not go out, or "".
func (s *Service) hopeless(ctx context.Context, q db.Querier) (string, error) {
	o, err := declared(ctx, q)
	if err != nil {
		return "", err
	}
	if o.Out {
		return reasonOutage, nil
	}
	n, err := db.Get[int](ctx, q, `SELECT count(*) FROM (SELECT 1 AS one FROM sms_message WHERE state = $1 AND not_after > $2 LIMIT $3) waiting`,
		Queued, s.clk.Now(), MaxQueued)
	if err == nil && n >= MaxQueued {
		return reasonFull, nil
	}
	return "", err
}

// barred is the reason for which a message that waits must not go out now.
func (s *Service) barred(ctx context.Context, m queued) (string, error) {
	o, err := declared(ctx, s.db)
	switch {
	case err != nil:
		return "", err
	case o.Out && m.Handing == "":
		return reasonOutage, nil
	case s.daily == 0:
		return "", nil
	}
	n, err := db.Get[int](ctx, s.db, `SELECT COALESCE(SUM(parts), 0) FROM sms_count WHERE day = $1`, Day(s.clk.Now()))
	if err == nil && n >= s.daily {
		return reasonLimit, nil
	}
	return "", err
}

// A Standing is how a provider fares.
type Standing struct {
	Provider string
	Failures int // in a row
	Until    time.Time
	Why      string
	// Lines are the binds that stand, of a provider that keeps some.
	Lines int
}

// Standings lists the providers that have failed or keep lines, for operators.
func (s *Service) Standings(ctx context.Context) ([]Standing, error) {
	state, err := s.health(ctx, s.db)
	if err != nil {
		return nil, err
	}
	type lines struct {
		Provider string `db:"provider"`
		N        int    `db:"n"`
	}
	bound, err := db.Select[lines](ctx, s.db, `SELECT provider, count(CASE WHEN bound AND held_until > $1 THEN 1 ELSE NULL END) AS n FROM sms_bind GROUP BY provider ORDER BY provider`, s.clk.Now())
	var out []Standing
	for _, b := range bound {
		h := state[b.Provider]
		delete(state, b.Provider)
		out = append(out, Standing{Provider: b.Provider, Failures: h.Failures, Until: h.RestedUntil, Why: h.Why, Lines: b.N})
	}
	for _, h := range state {
		out = append(out, Standing{Provider: h.Name, Failures: h.Failures, Until: h.RestedUntil, Why: h.Why})
	}
	return out, err
}
