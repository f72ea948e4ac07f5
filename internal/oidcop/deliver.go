package oidcop

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/jobs"
)

const (
	// logoutTokenLife is the bound that the standard recommends (Back-Channel
	// Logout 1.0 §2.4).
	logoutTokenLife = 2 * time.Minute
	// logoutTimeout bounds one call: a service that is slow keeps a worker of
	// the queue from others.
	logoutTimeout = 4 * time.Second
	// maxLogoutAnswer bounds what is read of an answer. Only its status counts.
	maxLogoutAnswer = 4 << 10
	// giveUpAfter: by then a service's own session is over as well.
	giveUpAfter = SessionLife
	// eventLogout is the member that makes a token a logout token.
	eventLogout = "http://schemas.openid.net/event/backchannel-logout"
	typLogout   = "logout+jwt"
)

// logoutPauses are those between attempts; the last goes on.
var logoutPauses = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// deliver makes one attempt and writes what became of it. It errs only when
// that cannot be written; the next attempt is a job of its own.
func (p *Provider) deliver(ctx context.Context, id string) error {
	d, err := db.Get[Delivery](ctx, p.DB, `SELECT `+deliveryColumns+` FROM logout_delivery WHERE id = $1 AND state = $2 AND next_try_at <= $3`,
		id, LogoutWaiting, p.Clock.Now())
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := p.client(ctx, d.ClientID)
	if errors.Is(err, errNoClient) {
		return nil // removed, with its deliveries
	}
	if err != nil {
		return err
	}
	token, err := p.logoutToken(ctx, d, c)
	if err != nil {
		return err
	}
	why := p.post(ctx, c.BackchannelLogoutURI, token)
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error { return p.noteAttempt(ctx, tx, d, why) })
}

func (p *Provider) noteAttempt(ctx context.Context, tx *db.Tx, d Delivery, why string) error {
	now := p.Clock.Now()
	state, outcome := LogoutDelivered, audit.OK
	ended, next := &now, (*time.Time)(nil)
	if why != "" {
		at := now.Add(logoutPauses[min(d.Attempts, len(logoutPauses)-1)])
		state, ended, next = LogoutWaiting, nil, &at
		if at.After(d.CreatedAt.Add(giveUpAfter)) {
			state, outcome, ended, next = LogoutGivenUp, audit.Error, &now, nil
		}
	}
	n, err := db.Exec(ctx, tx, `UPDATE logout_delivery SET state = $1, attempts = attempts + 1, last_error = $2, next_try_at = $3, ended_at = $4
		WHERE id = $5 AND state = $6 AND attempts = $7`, state, why, next, ended, d.ID, LogoutWaiting, d.Attempts)
	if err != nil || n == 0 {
		return err
	}
	if next != nil {
		p.Log.WarnContext(ctx, "a service could not be told of a sign-out", "client", d.ClientID, "delivery", d.ID, "attempt", d.Attempts+1, "reason", why, "next", *next)
		return p.Jobs.Enqueue(ctx, tx, logoutArgs{ID: d.ID}, jobs.At(*next))
	}
	return p.Audit.Append(ctx, tx, audit.Event{Action: "client.sign_out", Actor: audit.System, Target: audit.Ref{Kind: "client", ID: d.ClientID},
		Outcome: outcome, Reason: why, Detail: map[string]string{"session": d.SessionID, "cause": d.Cause}})
}

// logoutToken is made anew for each attempt: a service refuses one that it has
// seen.
func (p *Provider) logoutToken(ctx context.Context, d Delivery, c *Client) (string, error) {
	key, err := p.signer(ctx, jose.SignatureAlgorithm(c.IDTokenAlg))
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: key.SignatureAlgorithm(), Key: jose.JSONWebKey{Key: key.private, KeyID: key.KID}},
		(&jose.SignerOptions{}).WithType(typLogout))
	if err != nil {
		return "", err
	}
	// The libraries of services read the machine's clock.
	now := time.Now() //clock:real
	claims, err := json.Marshal(map[string]any{"iss": p.Issuer, "aud": c.ID, "sub": d.AccountID, "sid": d.SessionID, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(logoutTokenLife).Unix(), "events": map[string]any{eventLogout: struct{}{}}})
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// post sends a logout token and returns "" when the service took it, else a
// code that says why not.
func (p *Provider) post(ctx context.Context, address, token string) string {
	if db.InTx(ctx) {
		return "in_transaction"
	}
	if address == "" {
		return "no_address"
	}
	ctx, cancel := context.WithTimeout(ctx, logoutTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return "address"
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{Transport: p.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	var slow net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "timeout"
	case err != nil:
		return "unreachable"
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxLogoutAnswer)
	// 204 is what frameworks make of an empty 200 (§2.8).
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNoContent {
		return ""
	}
	return fmt.Sprintf("status_%d", resp.StatusCode)
}

// checkLogoutURI accepts https, and http on this machine: the token names a
// person.
func checkLogoutURI(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || strings.Contains(raw, "#") {
		return fmt.Errorf("oidcop: %q is not an absolute address", raw)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && thisMachine(u.Hostname())) {
		return fmt.Errorf("oidcop: %q needs https", raw)
	}
	return nil
}
