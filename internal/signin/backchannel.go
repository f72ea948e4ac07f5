package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"

	"motcua/internal/db"
)

const (
	// maxLogoutBody bounds what a provider may post: one token.
	maxLogoutBody = maxIDToken + 1<<10
	// logoutTokenKept is how long a used token is remembered: far longer than
	// maxTokenAge lets any be accepted.
	logoutTokenKept = 24 * time.Hour
	// typLogout is the type that a logout token must state, so that no other
	// token of the provider passes for one.
	typLogout   = "logout+jwt"
	eventLogout = "http://schemas.openid.net/event/backchannel-logout"
)

// A Logout is what a provider says has ended: one session, or all of a person.
type Logout struct {
	Issuer    string
	Subject   string // "" when SessionID alone says who
	SessionID string // "" for all sessions of Subject
}

// EndFunc ends the sessions of a service that a Logout means.
type EndFunc func(ctx context.Context, tx *db.Tx, issuer, subject, sessionID string) error

// Logout takes a back-channel logout request (OpenID Connect Back-Channel
// Logout 1.0 §2.5…2.7) as its body came, and has end called in the transaction
// that uses the token up. It errs with a *Failure when the request is refused.
func (s *Service) Logout(ctx context.Context, body []byte, end EndFunc) error {
	raw, err := logoutToken(body)
	if err != nil {
		return err
	}
	l, jti, err := s.profile.verifyLogout(ctx, raw)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `INSERT INTO signin_logout_token (digest, created_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`,
			hashOf(s.provider.ClientID+"\n"+s.provider.Issuer+"\n"+jti), s.clk.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fail(Replayed, "logout_jti", nil)
		}
		return end(ctx, tx, l.Issuer, l.Subject, l.SessionID)
	})
}

// ServeLogout answers a provider's POST with 200 or 400, not to be kept. For a
// refusal it returns the reason, a code for the log; it errs, with nothing
// written, when the request could not be judged.
func (s *Service) ServeLogout(w http.ResponseWriter, r *http.Request, end EndFunc) (refused string, err error) {
	w.Header().Set("Cache-Control", "no-store")
	body, err := io.ReadAll(io.LimitReader(r.Body, maxLogoutBody+1))
	if err == nil {
		err = s.Logout(r.Context(), body, end)
	} else {
		err = fail(WrongAnswer, "logout_body", nil)
	}
	f := AsFailure(err)
	if f == nil && err != nil {
		return "", err
	}
	if f == nil {
		w.WriteHeader(http.StatusOK)
		return "", nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, `{"error":"invalid_request"}`)
	return f.Reason, nil
}

// logoutToken takes the token out of a form.
func logoutToken(body []byte) (string, error) {
	if len(body) > maxLogoutBody {
		return "", fail(WrongAnswer, "logout_oversized", nil)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", fail(WrongAnswer, "logout_form", nil)
	}
	switch v := form["logout_token"]; {
	case len(v) != 1 || v[0] == "":
		return "", fail(WrongAnswer, "logout_missing", nil)
	case len(v[0]) > maxIDToken:
		return "", fail(WrongAnswer, "logout_oversized", nil)
	default:
		return v[0], nil
	}
}

type logoutClaims struct {
	SessionID string                     `json:"sid"`
	ID        string                     `json:"jti"`
	Events    map[string]json.RawMessage `json:"events"`
}

// verifyLogout applies Back-Channel Logout 1.0 §2.6.
func (p *oidcProfile) verifyLogout(ctx context.Context, raw string) (l Logout, jti string, err error) {
	refuse := func(reason string) (Logout, string, error) {
		return Logout{}, "", fail(WrongAnswer, "logout_"+reason, nil)
	}
	jws, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return refuse("signature")
	}
	typ, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	if !strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), typLogout) {
		return refuse("typ")
	}
	keys := &witness{keys: p.keys}
	token, err := oidc.NewVerifier(p.provider.Issuer, keys, p.verifier).Verify(ctx, raw)
	if err != nil {
		var expired *oidc.TokenExpiredError
		switch f := AsFailure(keys.err); {
		case f != nil && f.Kind != WrongAnswer || errors.Is(keys.err, errInTx):
			return Logout{}, "", keys.err
		case errors.As(err, &expired):
			return refuse("exp")
		case keys.verified:
			return refuse("claims")
		}
		return refuse("signature")
	}
	var all map[string]json.RawMessage
	var c logoutClaims
	if token.Claims(&all) != nil || token.Claims(&c) != nil {
		return refuse("claims")
	}
	_, nonce := all["nonce"]
	now := time.Now() //clock:real token times are real, see doc.go
	switch {
	case nonce:
		// An ID token has one; a logout token must not (§2.4).
		return refuse("nonce")
	case !isObject(c.Events[eventLogout]):
		return refuse("events")
	case len(token.Audience) != 1 || token.Audience[0] != p.provider.ClientID:
		return refuse("aud")
	case token.Expiry.IsZero():
		return refuse("exp")
	case token.IssuedAt.IsZero(), token.IssuedAt.After(now.Add(clockSkew)), token.IssuedAt.Before(now.Add(-maxTokenAge)):
		return refuse("iat")
	case c.ID == "" || len(c.ID) > maxShort:
		return refuse("jti")
	case token.Subject == "" && c.SessionID == "":
		return refuse("nobody")
	case len(token.Subject) > maxSubject || !storableText(token.Subject):
		return refuse("sub")
	case len(c.SessionID) > maxShort || !storableText(c.SessionID):
		return refuse("sid")
	}
	return Logout{Issuer: p.provider.Issuer, Subject: token.Subject, SessionID: c.SessionID}, c.ID, nil
}

func isObject(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && raw[0] == '{'
}

// storableText is what both engines take as a value.
func storableText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
