package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// tokenResponse is RFC 6749 §5.1 and §5.2 as far as we use them.
type tokenResponse struct {
	AccessToken, TokenType, IDToken, Refresh, Error string
}

// exchange redeems a code. We write the request ourselves because the errors
// of x/oauth2 carry the body, and so could carry a token into a log.
func (p *oidcProfile) exchange(ctx context.Context, m *metadata, code, verifier string, idToken bool) (tokenResponse, error) {
	form := url.Values{
		"grant_type":   {"authorization_code"},
		"code":         {code},
		"redirect_uri": {p.provider.RedirectURL},
	}
	if !p.provider.NoPKCE {
		form.Set("code_verifier", verifier)
	}
	req, err := http.NewRequest(http.MethodPost, m.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return tokenResponse{}, fail(WrongAnswer, "token_address", nil)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// RFC 6749 §2.3.1: both parts are form-encoded first.
	req.SetBasicAuth(url.QueryEscape(p.provider.ClientID), url.QueryEscape(p.provider.ClientSecret()))
	a, err := p.client.do(ctx, "token", req)
	if err != nil {
		return tokenResponse{}, err
	}
	if !jsonType(a.header) {
		return tokenResponse{}, fail(WrongAnswer, "token_not_json", nil)
	}
	return decodeTokenResponse(a.status, a.body, idToken)
}

// decodeTokenResponse reads the answer of a token endpoint; idToken says that
// it must hold one.
func decodeTokenResponse(status int, body []byte, idToken bool) (tokenResponse, error) {
	o, ok := object(body)
	if !ok {
		return tokenResponse{}, fail(WrongAnswer, "token_not_json", nil)
	}
	return readToken(status, o, idToken)
}

func readToken(status int, o map[string]json.RawMessage, idToken bool) (t tokenResponse, err error) {
	for name, to := range map[string]*string{"access_token": &t.AccessToken, "token_type": &t.TokenType, "id_token": &t.IDToken, "refresh_token": &t.Refresh, "error": &t.Error} {
		s, ok := member(o, name)
		if !ok {
			return tokenResponse{}, fail(WrongAnswer, "token_not_json", nil)
		}
		*to = s
	}
	if t.Error != "" {
		return tokenResponse{}, fail(Refused, "token_"+errorCode(t.Error), nil)
	}
	switch {
	case status != http.StatusOK:
		return tokenResponse{}, fail(WrongAnswer, fmt.Sprintf("token_status_%d", status), nil)
	case t.AccessToken == "":
		return tokenResponse{}, fail(WrongAnswer, "token_no_access_token", nil)
	case !printable(t.AccessToken):
		// It goes into a header.
		return tokenResponse{}, fail(WrongAnswer, "token_bad_access_token", nil)
	case !strings.EqualFold(t.TokenType, "Bearer"):
		return tokenResponse{}, fail(WrongAnswer, "token_type", nil)
	case t.IDToken == "" && idToken:
		return tokenResponse{}, fail(WrongAnswer, "id_token_missing", nil)
	}
	return t, nil
}

// knownErrors are the codes of RFC 6749 and OpenID Connect Core that may stand
// in our log and audit; a provider's own text may not.
var knownErrors = map[string]bool{
	"access_denied": true, "invalid_client": true, "invalid_grant": true, "invalid_request": true,
	"invalid_scope": true, "server_error": true, "temporarily_unavailable": true,
	"unauthorized_client": true, "unsupported_grant_type": true, "unsupported_response_type": true,
	"account_selection_required": true, "consent_required": true, "interaction_required": true,
	"login_required": true, "request_not_supported": true, "request_uri_not_supported": true,
}

func errorCode(code string) string {
	if knownErrors[code] {
		return code
	}
	return "other_error"
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
