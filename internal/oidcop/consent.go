package oidcop

import (
	"context"
	"errors"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/session"
)

// A Question is what a person is asked before a service of another authority
// gets data (OP-20).
type Question struct {
	Waiting
	// Scopes are the kinds of data, openid left out: that the service knows the
	// person again goes without saying.
	Scopes []string
}

// mustAsk reports whether the person has to agree before the service gets its
// code: a service of another authority that has no agreement for all of these
// scopes, or that wants the question (prompt=consent). About the authority's
// own services nobody is asked, whatever they want.
func (p *Provider) mustAsk(ctx context.Context, q db.Querier, c *Client, account, scopes string, asked bool) (bool, error) {
	switch {
	case c.Isolated || c.FirstParty:
		return false, nil
	case asked:
		return true, nil
	}
	given, err := db.Get[string](ctx, q, `SELECT scopes FROM client_grant WHERE account_id = $1 AND client_id = $2 AND agreed_at IS NOT NULL`, account, c.ID)
	if errors.Is(err, db.ErrNotFound) {
		return true, nil
	}
	return !within(strings.Fields(scopes), strings.Fields(given)), err
}

// bind says whose session a request waits in for the person's answer.
func (p *Provider) bind(ctx context.Context, tx *db.Tx, r request, s session.Session) error {
	n, err := db.Exec(ctx, tx, `UPDATE auth_request SET account_id = $1, session_id = $2 WHERE id = $3 AND code_digest IS NULL`, s.Subject, s.ID, r.ID)
	if err == nil && n == 0 {
		return ErrFinished
	}
	return err
}

// asking finds a request that waits for an answer in this session. It errs with
// ErrStale, ErrFinished, or ErrNoSession when the person has to sign in first.
func (p *Provider) asking(ctx context.Context, id string, f Front) (Waiting, request, session.Session, error) {
	w, err := p.Waiting(ctx, id, f.Browser)
	if err != nil {
		return w, request{}, session.Session{}, err
	}
	s, err := p.Session(ctx, f.Session)
	if err != nil {
		return w, request{}, session.Session{}, err
	}
	r, err := p.request(ctx, p.DB, id)
	if err == nil && (r.SessionID == nil || *r.SessionID != s.ID) {
		err = ErrNoSession
	}
	return w, r, s, err
}

// Question returns what to ask, with the errors of asking; with ErrStale and
// ErrFinished the client is told when it is known.
func (p *Provider) Question(ctx context.Context, id string, f Front) (Question, error) {
	w, r, _, err := p.asking(ctx, id, f)
	q := Question{Waiting: w}
	for _, s := range strings.Fields(r.Scopes) {
		if s != "openid" {
			q.Scopes = append(q.Scopes, s)
		}
	}
	return q, err
}

// Agree remembers the person's yes, gives the service its code and returns the
// address at the service. A no is Cancel.
func (p *Provider) Agree(ctx context.Context, id string, f Front) (string, error) {
	_, r, s, err := p.asking(ctx, id, f)
	if err != nil {
		return "", err
	}
	redirect := ""
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if redirect, err = p.issue(ctx, tx, r, s); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `UPDATE client_grant SET agreed_at = $1 WHERE account_id = $2 AND client_id = $3`, p.Clock.Now(), s.Subject, r.ClientID); err != nil {
			return err
		}
		return p.Audit.Append(ctx, tx, audit.Event{Action: "client.grant", Actor: audit.Ref{Kind: identity.RefAccount, ID: s.Subject},
			Target: audit.Ref{Kind: "client", ID: r.ClientID}, Outcome: audit.OK, Detail: map[string]string{"scopes": r.Scopes}})
	})
	return redirect, err
}

// noteGrant remembers that a service may have these kinds of a person's data.
func (p *Provider) noteGrant(ctx context.Context, tx *db.Tx, account, client, scopes string) error {
	now := p.Clock.Now()
	// The upsert holds the row, so of two sign-ins at once neither forgets what
	// the other added.
	had, err := db.Get[string](ctx, tx, `INSERT INTO client_grant (account_id, client_id, scopes, first_at, last_at) VALUES ($1,$2,$3,$4,$4)
		ON CONFLICT (account_id, client_id) DO UPDATE SET last_at = EXCLUDED.last_at RETURNING scopes`, account, client, scopes, now)
	if err != nil || within(strings.Fields(scopes), strings.Fields(had)) {
		return err
	}
	all := strings.Fields(had)
	for _, s := range strings.Fields(scopes) {
		if !within([]string{s}, all) {
			all = append(all, s)
		}
	}
	_, err = db.Exec(ctx, tx, `UPDATE client_grant SET scopes = $1 WHERE account_id = $2 AND client_id = $3`, strings.Join(all, " "), account, client)
	return err
}
