package sms

import (
	"context"
	"errors"
	"slices"
	"time"

	"motcua/internal/db"
	"motcua/internal/jobs"
)

// A Provider hands messages over. Send returns the provider's own id of the
// message, "" when it has none. Its error says what may have become of the
// message: Permanent and Busy and NotTaken say that it surely was not taken;
// after any other it may be on its way. The text of an error must hold neither
// phone nor text.
type Provider interface {
	Name() string
	Send(ctx context.Context, m Message) (ref string, err error)
}

// Unrepeatable marks a Provider that sends a message again when it gets it
// again. Others know it by its id.
type Unrepeatable interface{ Unrepeatable() }

// Reporter marks a Provider that tells the Service of delivery (Receive). Its
// Send returns the id of each part, parted by spaces.
type Reporter interface{ Reports() }

// A Seated provider keeps a line that not every process may have. Seat tells,
// from memory, whether this process has it, or else whether a message should
// wait because another process has it or this one is about to.
type Seated interface{ Seat() (here, wait bool) }

// A Route is a provider and what a part costs there, in đồng.
type Route struct {
	Provider Provider
	Price    int64
}

// Settings are the place's rules for sending.
type Settings struct {
	// Routes are tried in their order.
	Routes []Route
	// DailyLimit bounds the parts sent on one day; 0: no limit.
	DailyLimit int
}

// Configure replaces the provider of New. Call it before the queue starts.
func (s *Service) Configure(c Settings) { s.routes, s.daily = c.Routes, c.DailyLimit }

type marked struct {
	err  error
	kind mark
}

type mark int

const (
	markPermanent mark = iota + 1
	markNotTaken
	markBusy
)

func (p *marked) Error() string { return p.err.Error() }
func (p *marked) Unwrap() error { return p.err }

func markOf(err error) mark {
	if m, ok := errors.AsType[*marked](err); ok {
		return m.kind
	}
	return 0
}

func with(err error, kind mark) error {
	if err == nil {
		return nil
	}
	return &marked{err, kind}
}

// Permanent marks an error of a Provider that another try there would not
// mend. Permanent of nil is nil.
func Permanent(err error) error { return with(err, markPermanent) }

// NotTaken marks the error of a provider that fails and surely has not taken
// the message: another one may have it, and this one rests.
func NotTaken(err error) error { return with(err, markNotTaken) }

// Busy is NotTaken of a provider that works but takes no more just now.
func Busy(err error) error { return with(err, markBusy) }

// IsPermanent reports whether an error was marked by Permanent.
func IsPermanent(err error) bool { return markOf(err) == markPermanent }

// SurelyNotTaken reports whether an error says that the message is not on its
// way.
func SurelyNotTaken(err error) bool { return markOf(err) != 0 }

const (
	// firstRest doubles with each failure in a row, up to maxRest.
	firstRest = 5 * time.Second
	maxRest   = 5 * time.Minute
	// probing is how long one message has to find out whether a provider is
	// well again, while others pass it by.
	probing = sendTimeout
	// outAfter failures of every provider in a row, over outFor and not long
	// past, are an outage.
	outAfter = 3
	outFor   = 30 * time.Second
)

type health struct {
	Name        string    `db:"name"`
	Failures    int       `db:"failures"`
	RestedUntil time.Time `db:"rested_until"`
	Why         string    `db:"why"`
	Since       time.Time `db:"since"`
}

func (h health) out(now time.Time) bool {
	return h.Failures >= outAfter && now.Sub(h.Since) >= outFor && now.Before(h.RestedUntil.Add(maxRest))
}

func (s *Service) health(ctx context.Context, q db.Querier) (map[string]health, error) {
	rows, err := db.Select[health](ctx, q, `SELECT name, failures, rested_until, why, since FROM sms_provider ORDER BY name`)
	out := map[string]health{}
	for _, h := range rows {
		out[h.Name] = h
	}
	return out, err
}

// ready tells whether this process should take messages: not while only
// another one has the line that comes first.
func (s *Service) ready() bool {
	for _, r := range s.routes {
		seated, ok := r.Provider.(Seated)
		if !ok {
			return true
		}
		here, wait := seated.Seat()
		if here {
			return true
		}
		if wait {
			return false
		}
	}
	return true
}

// order returns the routes as they are to be tried: those that are well, then
// those that rest.
func (s *Service) order(ctx context.Context) ([]Route, map[string]health, error) {
	state, err := s.health(ctx, s.db)
	if err != nil {
		return nil, nil, err
	}
	if len(s.routes) == 1 {
		return s.routes, state, nil
	}
	var well, resting []Route
	for _, r := range s.routes {
		h := state[r.Provider.Name()]
		switch {
		case h.Failures == 0:
			well = append(well, r)
		case h.RestedUntil.After(s.clk.Now()):
			resting = append(resting, r)
		default:
			won, err := s.probe(ctx, h)
			if err != nil {
				return nil, nil, err
			}
			if won {
				well = append(well, r)
			} else {
				resting = append(resting, r)
			}
		}
	}
	return slices.Concat(well, resting), state, nil
}

// probe lets one message of all processes try a provider whose rest is over.
func (s *Service) probe(ctx context.Context, h health) (won bool, err error) {
	now := s.clk.Now()
	n, err := db.Exec(ctx, s.db, `UPDATE sms_provider SET rested_until = $1 WHERE name = $2 AND rested_until = $3 AND failures = $4`,
		now.Add(probing), h.Name, h.RestedUntil, h.Failures)
	return n == 1, err
}

// rest passes a provider by for a while. Of failures that come at once one
// counts: they have one cause.
func (s *Service) rest(ctx context.Context, name string, before health, cause error) error {
	now := s.clk.Now()
	pause := min(firstRest<<min(before.Failures, 10), maxRest)
	since := now
	if before.Failures > 0 {
		since = before.Since
	}
	return s.record(ctx, `INSERT INTO sms_provider (name, failures, rested_until, why, since) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET failures = $2, rested_until = $3, why = $4, since = $5 WHERE sms_provider.failures = $6`,
		name, before.Failures+1, now.Add(pause), jobs.Redact(cause.Error()), since, before.Failures)
}

// Recovered ends a provider's rests: its line stands again.
func (s *Service) Recovered(ctx context.Context, name string) error {
	now := s.clk.Now()
	return s.record(ctx, `UPDATE sms_provider SET failures = 0, rested_until = $2, why = '' WHERE name = $1 AND failures > 0`, name, now)
}
