package oidcop

import (
	"context"
	"errors"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/session"
)

// ACRQR is the level that a phone's key with its passcode gives.
const ACRQR = "urn:motcua:acr:qr"

// A Collection is a sign-in page that fetches what a phone has approved.
type Collection struct {
	RequestID, Browser string
	// Replaced is the token of a session that this browser had: it ends.
	Replaced string
	Agent    string
	Address  string
}

// CollectQR ends a sign-in that was approved on a phone: one transaction uses
// the attempt up, opens a session as long as one by password (QR-10), gives the
// service its code and queues the notice to the owner. It errs with ErrStale,
// ErrFinished or an *identity.Refusal.
func (p *Provider) CollectQR(ctx context.Context, c Collection) (Confirmed, error) {
	w, err := p.Waiting(ctx, c.RequestID, c.Browser)
	if err == nil && !w.signsIn() {
		err = ErrStale
	}
	if err != nil {
		return Confirmed{}, err
	}
	e := entry{waiting: w, life: SessionLife, agent: c.Agent, address: c.Address}
	if e.replaced, err = p.replaced(ctx, w, c.Replaced); err != nil {
		return Confirmed{}, err
	}
	var out Confirmed
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		grant, err := p.People.UseQR(ctx, tx, c.RequestID, c.Browser)
		if err != nil {
			return err
		}
		e.account, e.amr = grant.Account.ID, grant.AMR
		e.opened = func(ctx context.Context, tx *db.Tx, s session.Session) error {
			return p.People.NoteQRSession(ctx, tx, grant, s.ID)
		}
		out = Confirmed{}
		out.Token, out.Redirect, err = p.enter(ctx, tx, e)
		return err
	})
	return out, err
}

// EndNoticed ends the sign-in that a notice's link stands for: the provider's
// session and those of services under it that this program keeps. It errs with
// ErrNoSession when the link is none or there is nothing left to end.
func (p *Provider) EndNoticed(ctx context.Context, link string) error {
	n, err := p.People.Notice(ctx, link)
	if err != nil {
		return err
	}
	s, err := p.Sessions.Get(ctx, p.DB, n.SessionID)
	live := err == nil
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		others, err := p.Sessions.RevokeByProviderSID(ctx, tx, n.SessionID, "notice")
		switch {
		case err != nil:
			return err
		case live:
			return p.endSession(ctx, tx, s, "notice")
		case others == 0:
			return ErrNoSession
		}
		who := audit.Ref{Kind: identity.RefAccount, ID: n.AccountID}
		return p.Audit.Append(ctx, tx, audit.Event{Action: "account.sign_out", Actor: who, Target: who, Outcome: audit.OK, Reason: "notice",
			Detail: map[string]string{"session": n.SessionID}})
	})
}
