package oidcop

import (
	"context"
	"errors"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/session"
)

// KindIsolated is the kind of sessions behind sign-ins for an isolated
// service. No browser ever gets their token: they live for the code's exchange
// and the questions after it.
const KindIsolated = "isolated"

// An entry is a person who has proven who they are, for one request.
type entry struct {
	waiting  Waiting
	account  string
	amr      []string
	replaced session.Session // the browser's former one; zero: none
	life     time.Duration
	agent    string
	address  string
	// opened, when set, is told of the session in the same transaction.
	opened func(ctx context.Context, tx *db.Tx, s session.Session) error
}

// replaced finds the session that a sign-in in this browser ends. A sign-in
// for an isolated service leaves it alone.
func (p *Provider) replaced(ctx context.Context, w Waiting, token string) (session.Session, error) {
	if w.Client.Isolated {
		return session.Session{}, nil
	}
	s, err := p.Session(ctx, token)
	if errors.Is(err, db.ErrNotFound) {
		return session.Session{}, nil
	}
	return s, err
}

// enter opens the session and gives the service its code. The token is "" for
// an isolated service: then the browser's own session stays as it is. The
// redirect is "" when the person has to agree first (Question).
func (p *Provider) enter(ctx context.Context, tx *db.Tx, e entry) (token, redirect string, err error) {
	if e.replaced.ID != "" {
		if err := p.endSession(ctx, tx, e.replaced, "replaced"); err != nil {
			return "", "", err
		}
	}
	now := p.Clock.Now()
	fresh := session.Session{Site: identity.Site, Kind: KindSSO, Subject: e.account, AuthTime: now,
		ExpiresAt: now.Add(e.life), Idle: SessionIdle, AMR: e.amr, Agent: e.agent, Address: e.address}
	if e.waiting.Client.Isolated {
		fresh.Kind, fresh.ExpiresAt = KindIsolated, now.Add(codeLife+accessTokenLife)
	}
	token, s, err := p.Sessions.Create(ctx, tx, fresh)
	if err != nil {
		return "", "", err
	}
	if s.Kind == KindIsolated {
		token = ""
	}
	if e.opened != nil {
		if err := e.opened(ctx, tx, s); err != nil {
			return "", "", err
		}
	}
	r, err := p.request(ctx, tx, e.waiting.ID)
	if err != nil {
		return "", "", err
	}
	ask, err := p.mustAsk(ctx, tx, e.waiting.Client, s.Subject, r.Scopes, r.AskConsent)
	switch {
	case err != nil:
	case ask:
		err = p.bind(ctx, tx, r, s)
	default:
		redirect, err = p.issue(ctx, tx, r, s)
	}
	if err != nil {
		return "", "", err
	}
	return token, redirect, p.Audit.Append(ctx, tx, audit.Event{Action: "account.sign_in", Outcome: audit.OK,
		Actor: audit.Ref{Kind: identity.RefAccount, ID: s.Subject}, Target: audit.Ref{Kind: "client", ID: r.ClientID},
		Detail: map[string]string{"session": s.ID, "method": strings.Join(e.amr, " ")}})
}
