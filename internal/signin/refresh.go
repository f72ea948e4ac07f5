package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxRefreshToken bounds a refresh token that is kept.
const maxRefreshToken = 4 << 10

// refresher is a profile whose provider gives refresh tokens.
type refresher interface {
	refresh(ctx context.Context, token string) (next string, err error)
}

// Refresh tells the provider that the person is still at work here (SES-01) and
// returns the refresh token for the next time. It errs with a *Failure; of the
// kind Refused when the token is worth nothing more.
func (s *Service) Refresh(ctx context.Context, token string) (next string, err error) {
	p, ok := s.profile.(refresher)
	if !ok {
		return "", fail(Refused, "refresh_not_offered", nil)
	}
	call, cancel := context.WithTimeout(ctx, s.provider.Timeout)
	defer cancel()
	return p.refresh(call, token)
}

// refresh uses a refresh token for its effect alone: what else the answer
// holds is not looked at and not kept.
func (p *oidcProfile) refresh(ctx context.Context, token string) (string, error) {
	m, err := p.at.cached(ctx)
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	req, err := http.NewRequest(http.MethodPost, m.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fail(WrongAnswer, "token_address", nil)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(p.provider.ClientID), url.QueryEscape(p.provider.ClientSecret()))
	a, err := p.client.do(ctx, "token", req)
	if err != nil {
		return "", err
	}
	return decodeRefresh(a.status, a.body, token)
}

// decodeRefresh reads the answer to a refresh. A provider that does not rotate
// gives no new token, and the old one goes on (RFC 6749 §6).
func decodeRefresh(status int, body []byte, old string) (string, error) {
	var t struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Error   string `json:"error"`
	}
	switch {
	case json.Unmarshal(body, &t) != nil:
		return "", fail(WrongAnswer, "token_not_json", nil)
	case t.Error == "invalid_grant":
		return "", fail(Refused, "token_invalid_grant", nil)
	case t.Error != "":
		// The service is refused, not the token: it may be set right.
		return "", fail(WrongAnswer, "token_"+errorCode(t.Error), nil)
	case status != http.StatusOK:
		return "", fail(WrongAnswer, fmt.Sprintf("token_status_%d", status), nil)
	case t.Access == "":
		return "", fail(WrongAnswer, "token_no_access_token", nil)
	case t.Refresh == "":
		return old, nil
	}
	return keptRefresh(t.Refresh), nil
}

// keptRefresh is a refresh token that is worth keeping, or "".
func keptRefresh(token string) string {
	if len(token) > maxRefreshToken || !printable(token) {
		return ""
	}
	return token
}
