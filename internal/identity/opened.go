package identity

import (
	"context"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
)

const (
	// shownSessions and shownRequests bound what the page of an account lists.
	shownSessions = 20
	shownRequests = 20
)

// An OpenedAccount is what an officer sees of an account: no secret of it.
type OpenedAccount struct {
	Account     Account // without the password's hash
	LockReason  LockReason
	HasPassword bool
	// BlockedUntil is when too many failures are over; nil: it is not blocked.
	BlockedUntil *time.Time
	// LetterUntil is until when a letter may be used; nil: none is out.
	LetterUntil *time.Time
	Phone       *OpenedPhone // the one that is activated
	Sessions    []OpenedSession
	Requests    []Request // newest first
	Own         bool      // it is the officer's own: to be seen, not to be changed
}

// An OpenedPhone is the phone on which an account is activated.
type OpenedPhone struct {
	Name   string
	Since  time.Time
	Locked bool
}

// An OpenedSession is one session at the provider.
type OpenedSession struct {
	ID       string
	At, Seen time.Time
	Agent    string // the browser's own text
	Place    string // network in words, or ""
	App, QR  bool
	Live     bool
}

// OpenAccount returns an account for an officer's page. That it was looked at
// is recorded. It errs with ErrNoAccount.
func (s *Service) OpenAccount(ctx context.Context, c Clerk, id string) (o OpenedAccount, err error) {
	if !isID(id) {
		return o, ErrNoAccount
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		o = OpenedAccount{}
		if o.Account, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		o.HasPassword = o.Account.PasswordHash != nil
		o.Account.PasswordHash = nil
		o.Own = c.mayTouch(o.Account.Number) != nil
		reason, err := db.Get[string](ctx, tx, `SELECT lock_reason FROM account WHERE id = $1`, id)
		if err != nil {
			return err
		}
		o.LockReason = LockReason(reason)
		if o.BlockedUntil, err = optional[time.Time](ctx, tx, `SELECT blocked_until FROM sign_in_throttle
			WHERE account_id = $1 AND blocked_until > $2 ORDER BY blocked_until DESC LIMIT 1`, id, s.now()); err != nil {
			return err
		}
		if o.LetterUntil, err = optional[time.Time](ctx, tx, `SELECT expires_at FROM activation
			WHERE account_id = $1 AND used_at IS NULL AND expires_at > $2 ORDER BY expires_at DESC LIMIT 1`, id, s.now()); err != nil {
			return err
		}
		p, err := s.activePhone(ctx, tx, id)
		if err == nil {
			o.Phone = &OpenedPhone{Name: p.Name, Since: p.CreatedAt, Locked: p.Locked()}
		} else if !isNotFound(err) {
			return err
		}
		if o.Sessions, err = s.openedSessions(ctx, tx, id); err != nil {
			return err
		}
		if o.Requests, err = s.requestsOf(ctx, tx, c, id); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.view", Actor: c.By, Target: ref(id), Outcome: audit.OK})
	})
	return o, err
}

func (s *Service) openedSessions(ctx context.Context, q db.Querier, id string) (out []OpenedSession, err error) {
	all, err := s.Sessions.List(ctx, q, Site, id)
	if err != nil {
		return nil, err
	}
	for _, v := range all[:min(len(all), shownSessions)] {
		line := OpenedSession{ID: v.ID, At: v.CreatedAt, Seen: v.SeenAt, Agent: v.Agent, App: v.Kind == KindApp, Live: s.Sessions.IdleLeft(v) > 0}
		for _, m := range v.AMR {
			line.QR = line.QR || m == "hwk" || m == "pop"
		}
		if addr, err := netip.ParseAddr(v.Address); err == nil && s.Place != nil {
			line.Place = s.Place(addr)
		}
		out = append(out, line)
	}
	return out, nil
}

// optional is Get for a value that may not be there.
func optional[T any](ctx context.Context, q db.Querier, text string, args ...any) (*T, error) {
	v, err := db.Get[T](ctx, q, text, args...)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}
