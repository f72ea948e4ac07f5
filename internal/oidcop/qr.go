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
	if _, err := p.Waiting(ctx, c.RequestID, c.Browser); err != nil {
		return Confirmed{}, err
	}
	old, err := p.Session(ctx, c.Replaced)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return Confirmed{}, err
	}
	var out Confirmed
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Confirmed{}
		grant, err := p.People.UseQR(ctx, tx, c.RequestID, c.Browser)
		if err != nil {
			return err
		}
		if old.ID != "" {
			if err := p.endSession(ctx, tx, old, "replaced"); err != nil {
				return err
			}
		}
		now := p.Clock.Now()
		token, s, err := p.Sessions.Create(ctx, tx, session.Session{Site: identity.Site, Kind: KindSSO, Subject: grant.Account.ID,
			AuthTime: now, ExpiresAt: now.Add(SessionLife), Idle: SessionIdle, AMR: grant.AMR, Agent: c.Agent, Address: c.Address})
		if err != nil {
			return err
		}
		out.Token = token
		if err := p.People.NoteQRSession(ctx, tx, grant, s.ID); err != nil {
			return err
		}
		r, err := p.request(ctx, tx, c.RequestID)
		if err != nil {
			return err
		}
		if out.Redirect, err = p.issue(ctx, tx, r, s); err != nil {
			return err
		}
		return p.Audit.Append(ctx, tx, audit.Event{Action: "account.sign_in", Outcome: audit.OK, Reason: "qr",
			Actor: audit.Ref{Kind: identity.RefAccount, ID: s.Subject}, Target: audit.Ref{Kind: "client", ID: r.ClientID},
			Detail: map[string]string{"session": s.ID, "qr_attempt": grant.Attempt}})
	})
	return out, err
}

// Noticed returns the session that a notice tells of. It errs with ErrNoSession
// when it is over.
func (p *Provider) Noticed(ctx context.Context, n identity.Notice) (session.Session, error) {
	return p.Sessions.Get(ctx, p.DB, n.SessionID)
}

// EndNoticed ends the session that a notice's link stands for, with the
// services' sessions under it that this program keeps. It errs with
// ErrNoSession when the link is none or the session is over.
func (p *Provider) EndNoticed(ctx context.Context, link string) error {
	n, err := p.People.Notice(ctx, link)
	if err != nil {
		return err
	}
	s, err := p.Noticed(ctx, n)
	if err != nil {
		return err
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := p.Sessions.RevokeByProviderSID(ctx, tx, s.ID, "notice"); err != nil {
			return err
		}
		return p.endSession(ctx, tx, s, "notice")
	})
}
