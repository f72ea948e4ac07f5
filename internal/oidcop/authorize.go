package oidcop

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/session"
)

// Front is what the browser brought along.
type Front struct {
	Browser string // its mark, from the cookie; never empty
	Session string // token of the provider's session, or empty
}

// A Decision is what to do with an authorization request: exactly one of the
// first three is set.
type Decision struct {
	// Redirect is an address at the service.
	Redirect string
	// SignIn is the id of the request for which a person has to sign in.
	SignIn string
	// Ask is the id of the request for which the person has to agree.
	Ask string
	// UILocales is what the service said about languages, best first.
	UILocales []string
}

// Authorize judges an authorization request (OIDC Core §3.1.2). It errs with
// *RequestError when the service or its address is unknown: then the person
// gets a page and nothing is sent anywhere.
func (p *Provider) Authorize(ctx context.Context, form url.Values, f Front) (Decision, error) {
	q, err := p.parse(ctx, form)
	var refused *authError
	if errors.As(err, &refused) {
		return Decision{Redirect: p.answerError(q.redirectURI, q.state, refused)}, nil
	}
	if err != nil {
		return Decision{}, err
	}
	s, err := p.Session(ctx, f.Session)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return Decision{}, err
	}
	signedIn := err == nil && p.satisfies(ctx, s, q)
	if !signedIn && q.asks("none") {
		return Decision{Redirect: p.answerError(q.redirectURI, q.state, &authError{"login_required", "no session"})}, nil
	}
	ask := false
	if signedIn {
		ask, err = p.mustAsk(ctx, p.DB, q.client, s.Subject, strings.Join(q.scopes, " "), q.asks("consent"))
		if err != nil {
			return Decision{}, err
		}
	}
	if ask && q.asks("none") {
		return Decision{Redirect: p.answerError(q.redirectURI, q.state, &authError{"consent_required", "the person has to agree"})}, nil
	}
	d := Decision{UILocales: q.uiLocales}
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := p.insertRequest(ctx, tx, q, f.Browser)
		if err != nil {
			return err
		}
		if !signedIn {
			d.SignIn = r.ID
			return nil
		}
		if ask {
			d.Ask = r.ID
			return p.bind(ctx, tx, r, s)
		}
		d.Redirect, err = p.issue(ctx, tx, r, s)
		return err
	})
	return d, err
}

// Session returns the provider's session behind a token, or ErrNoSession.
func (p *Provider) Session(ctx context.Context, token string) (session.Session, error) {
	if token == "" {
		return session.Session{}, db.ErrNotFound
	}
	return p.Sessions.Lookup(ctx, identity.Site, KindSSO, token)
}

// satisfies reports whether the session answers the request without asking
// the person again.
func (p *Provider) satisfies(ctx context.Context, s session.Session, q params) bool {
	if q.client.Isolated || q.asks("login") || q.asks("select_account") {
		return false
	}
	if q.maxAge != nil && p.Clock.Now().Sub(s.AuthTime) > *q.maxAge {
		return false
	}
	if q.idTokenHint != "" {
		hint, err := p.verifyHint(ctx, q.idTokenHint)
		if err != nil || hint.Subject != s.Subject {
			return false
		}
	}
	return true
}

// issue gives a code for the request to whoever the session belongs to.
func (p *Provider) issue(ctx context.Context, tx *db.Tx, r request, s session.Session) (string, error) {
	state, err := p.unseal(statePurpose, r, r.State)
	if err != nil {
		return "", err
	}
	code := rand.Text() + rand.Text()
	n, err := db.Exec(ctx, tx, `UPDATE auth_request SET account_id = $1, session_id = $2, auth_time = $3, amr = $4, code_digest = $5, code_expires_at = $6, state = ''
		WHERE id = $7 AND code_digest IS NULL`,
		s.Subject, s.ID, s.AuthTime, strings.Join(s.AMR, " "), sha256Hex(code), p.Clock.Now().Add(codeLife), r.ID)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", ErrFinished
	}
	if err := p.noteGrant(ctx, tx, s.Subject, r.ClientID, r.Scopes); err != nil {
		return "", err
	}
	return p.answer(r.RedirectURI, state, url.Values{"code": {code}}), nil
}

// ErrNoSession says that the token belongs to no session that is alive.
var ErrNoSession = db.ErrNotFound

var (
	// ErrFinished says that the request has had its code already: the person
	// came back to a page of a sign-in that is over.
	ErrFinished = errors.New("oidcop: request already answered")
	// ErrStale says that the request is too old, is another browser's, or
	// never was.
	ErrStale = errors.New("oidcop: no such open request")
)

// Waiting is what the sign-in page knows of the request it is for.
type Waiting struct {
	ID        string
	Client    *Client
	LoginHint string
	// Origin is where the answer goes, for the page's form-action.
	Origin string
	Host   string
}

// Waiting returns the open request. With ErrFinished and ErrStale the client
// is still told when it is known, so that the page can lead back to it.
func (p *Provider) Waiting(ctx context.Context, id, browser string) (Waiting, error) {
	r, err := p.request(ctx, p.DB, id)
	if errors.Is(err, db.ErrNotFound) {
		return Waiting{}, ErrStale
	}
	if err != nil {
		return Waiting{}, err
	}
	c, err := p.client(ctx, r.ClientID)
	if err != nil {
		return Waiting{}, ErrStale
	}
	w := Waiting{ID: r.ID, Client: c, LoginHint: r.LoginHint}
	if u, err := url.Parse(r.RedirectURI); err == nil {
		w.Origin, w.Host = u.Scheme+"://"+u.Host, u.Host
	}
	switch {
	case r.Browser != sha256Hex(browser) || !r.ExpiresAt.After(p.Clock.Now()):
		return w, ErrStale
	case r.CodeDigest != nil:
		return w, ErrFinished
	}
	return w, nil
}

// Cancel ends a request because the person does not want to sign in. It
// returns the address at the service.
func (p *Provider) Cancel(ctx context.Context, id, browser string) (string, error) {
	if _, err := p.Waiting(ctx, id, browser); err != nil {
		return "", err
	}
	r, err := p.request(ctx, p.DB, id)
	if err != nil {
		return "", err
	}
	state, err := p.unseal(statePurpose, r, r.State)
	if err != nil {
		return "", err
	}
	n, err := db.Exec(ctx, p.DB, `UPDATE auth_request SET expires_at = $1, state = '', nonce = '' WHERE id = $2 AND code_digest IS NULL AND expires_at > $1`, p.Clock.Now(), id)
	if err == nil && n == 0 {
		err = ErrFinished
	}
	return p.answerError(r.RedirectURI, state, &authError{"access_denied", "cancelled"}), err
}

// A Confirmation is a person's answer to the OTP page.
type Confirmation struct {
	RequestID, Browser, Device, Code string
	// Replaced is the token of a session that this browser had: it ends.
	Replaced string
	Agent    string
	Address  string
}

// Confirmed is a finished sign-in.
type Confirmed struct {
	Verdict  identity.Verdict
	Redirect string // address at the service; "" when the person has to agree first
	// Token is of the new session, "" when the browser keeps the one it has.
	Token string
}

// Confirm judges the code; when it is right, one transaction ends the attempt,
// opens a session with a new id and gives the service its code. It errs with
// ErrStale, ErrFinished or identity.ErrNoAttempt.
func (p *Provider) Confirm(ctx context.Context, c Confirmation) (Confirmed, error) {
	w, err := p.Waiting(ctx, c.RequestID, c.Browser)
	if err != nil {
		return Confirmed{}, err
	}
	e := entry{waiting: w, amr: []string{"pwd", "otp", "sms"}, life: SessionLife, agent: c.Agent, address: c.Address}
	if e.replaced, err = p.replaced(ctx, w, c.Replaced); err != nil {
		return Confirmed{}, err
	}
	var out Confirmed
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out = Confirmed{}
		if out.Verdict, err = p.People.Confirm(ctx, tx, c.RequestID, c.Browser, c.Device, c.Code); err != nil || out.Verdict.Outcome != identity.Confirmed {
			return err
		}
		e.account = out.Verdict.Account.ID
		out.Token, out.Redirect, err = p.enter(ctx, tx, e)
		return err
	})
	return out, err
}

// endSession ends one of the provider's sessions and the tokens under it.
func (p *Provider) endSession(ctx context.Context, tx *db.Tx, s session.Session, reason string) error {
	if err := p.Sessions.Revoke(ctx, tx, s.ID, reason); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE access_token SET revoked_at = $1 WHERE session_id = $2 AND revoked_at IS NULL`, p.Clock.Now(), s.ID); err != nil {
		return err
	}
	who := audit.Ref{Kind: identity.RefAccount, ID: s.Subject}
	return p.Audit.Append(ctx, tx, audit.Event{Action: "account.sign_out", Actor: who, Target: who, Outcome: audit.OK, Reason: reason,
		Detail: map[string]string{"session": s.ID}})
}

// Purge deletes what has ended. It runs hourly.
func (p *Provider) Purge(ctx context.Context) error {
	now := p.Clock.Now()
	if _, err := db.Exec(ctx, p.DB, `DELETE FROM access_token WHERE expires_at < $1`, now.Add(-24*time.Hour)); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, p.DB, `DELETE FROM logout_delivery WHERE created_at < $1`, now.Add(-keepDeliveries)); err != nil {
		return err
	}
	for text, before := range map[string]time.Time{
		`DELETE FROM refresh_token WHERE created_at < $1`:                                           now.Add(-keepRequests),
		`DELETE FROM client_assertion WHERE created_at < $1`:                                        now.Add(-keepAssertions),
		`DELETE FROM client_grant WHERE last_at < $1`:                                               now.Add(-keepGrants),
		`DELETE FROM client_grant WHERE client_id IN (SELECT id FROM client WHERE removed_at < $1)`: now,
		`DELETE FROM auth_request WHERE created_at < $1`:                                            now.Add(-keepRequests),
	} {
		if _, err := db.Exec(ctx, p.DB, text, before); err != nil {
			return err
		}
	}
	_, err := db.Exec(ctx, p.DB, `DELETE FROM client WHERE removed_at < $1`, now.Add(-keepRemoved))
	return err
}

// keepRemoved is longer than anything refers to a removed service; the
// migration says the same.
const keepRemoved = keepDeliveries + 24*time.Hour
