package oidcop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"motcua/internal/db"
)

// maxTokenBody bounds a request to /token or /userinfo.
const maxTokenBody = 16 * 1024

// Keys answers GET /keys.
func (p *Provider) Keys(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age="+seconds(jwksCache))
	p.jwks.ServeHTTP(w, r)
}

// Userinfo answers GET and POST /userinfo (OIDC Core §5.3, RFC 6750).
func (p *Provider) Userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenBody)
	token := bearer(r)
	if token == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="userinfo"`)
		writeError(w, http.StatusUnauthorized, "invalid_request", "no access token")
		return
	}
	claims, err := p.claims(r.Context(), token)
	switch {
	case errors.Is(err, db.ErrNotFound):
		w.Header().Set("WWW-Authenticate", `Bearer realm="userinfo", error="invalid_token"`)
		writeError(w, http.StatusUnauthorized, "invalid_token", "the token has ended")
	case err != nil:
		p.Log.ErrorContext(r.Context(), "userinfo", "error", err)
		writeError(w, http.StatusInternalServerError, "server_error", "try again")
	default:
		writeJSON(w, http.StatusOK, claims)
	}
}

// bearer reads the token from the header, or from the body of a POST; never
// from the address, which ends up in logs.
func bearer(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		return ""
	}
	return r.PostForm.Get("access_token")
}

type accessToken struct {
	ClientID  string `db:"client_id"`
	AccountID string `db:"account_id"`
	SessionID string `db:"session_id"`
	Scopes    string `db:"scopes"`
}

// claims returns what a token may be told; db.ErrNotFound when the token or
// its session has ended.
func (p *Provider) claims(ctx context.Context, token string) (map[string]any, error) {
	t, err := db.Get[accessToken](ctx, p.DB, `SELECT client_id, account_id, session_id, scopes FROM access_token
		WHERE digest = $1 AND expires_at > $2 AND revoked_at IS NULL`, sha256Hex(token), p.Clock.Now())
	if err != nil {
		return nil, err
	}
	if _, err := p.Sessions.Get(ctx, p.DB, t.SessionID); err != nil {
		return nil, err
	}
	a, err := p.People.Get(ctx, p.DB, t.AccountID)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"sub": a.ID}
	scopes := strings.Fields(t.Scopes)
	if slices.Contains(scopes, oidc.ScopeProfile) {
		out["name"], out["birthdate"], out["updated_at"] = a.Name, a.BirthDate, a.UpdatedAt.Unix()
		if a.Sex != "" {
			out["gender"] = a.Sex
		}
	}
	if slices.Contains(scopes, oidc.ScopePhone) {
		out["phone_number"], out["phone_number_verified"] = a.Phone, true
	}
	if slices.Contains(scopes, ScopeVNeID) {
		out["national_id"], out["account_level"], out["account_type"] = a.Number, a.Level, a.Kind
	}
	return out, nil
}

// metadata is the discovery document (OIDC Discovery 1.0 §3, RFC 8414 §2). It
// says what is so and no more (OP-18).
type metadata struct {
	Issuer               string   `json:"issuer"`
	Authorization        string   `json:"authorization_endpoint"`
	Token                string   `json:"token_endpoint"`
	Userinfo             string   `json:"userinfo_endpoint"`
	Keys                 string   `json:"jwks_uri"`
	EndSession           string   `json:"end_session_endpoint"`
	Scopes               []string `json:"scopes_supported"`
	ResponseTypes        []string `json:"response_types_supported"`
	ResponseModes        []string `json:"response_modes_supported"`
	GrantTypes           []string `json:"grant_types_supported"`
	ACRValues            []string `json:"acr_values_supported"`
	SubjectTypes         []string `json:"subject_types_supported"`
	IDTokenAlgs          []string `json:"id_token_signing_alg_values_supported"`
	TokenAuthMethods     []string `json:"token_endpoint_auth_methods_supported"`
	ClaimTypes           []string `json:"claim_types_supported"`
	TokenAuthAlgs        []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Introspection        string   `json:"introspection_endpoint"`
	IntrospectionMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectionAlgs    []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	Revocation           string   `json:"revocation_endpoint"`
	RevocationMethods    []string `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAlgs       []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	Claims               []string `json:"claims_supported"`
	UILocales            []string `json:"ui_locales_supported"`
	Prompts              []string `json:"prompt_values_supported"`
	ChallengeMethods     []string `json:"code_challenge_methods_supported"`
	ClaimsParameter      bool     `json:"claims_parameter_supported"`
	RequestParameter     bool     `json:"request_parameter_supported"`
	RequestURIParameter  bool     `json:"request_uri_parameter_supported"`
	RequireRequestURIReg bool     `json:"require_request_uri_registration"`
	IssParameter         bool     `json:"authorization_response_iss_parameter_supported"`
	BackchannelLogout    bool     `json:"backchannel_logout_supported"`
	BackchannelSession   bool     `json:"backchannel_logout_session_supported"`
}

func (p *Provider) metadata() metadata {
	at := func(path string) string { return p.Issuer + path }
	methods := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	var algs []string
	for _, a := range assertionAlgs {
		algs = append(algs, string(a))
	}
	return metadata{
		Issuer: p.Issuer, Authorization: at(PathAuthorize), Token: at(PathToken), Userinfo: at(PathUserinfo),
		Keys: at(PathKeys), EndSession: at(PathEndSession),
		Scopes: allScopes, ResponseTypes: []string{"code"}, ResponseModes: []string{"query"},
		GrantTypes: []string{grantCode, grantRefresh}, ACRValues: []string{ACR, ACRQR}, SubjectTypes: []string{"public"},
		IDTokenAlgs: []string{"ES256", "RS256"}, TokenAuthMethods: methods, TokenAuthAlgs: algs,
		Introspection: at(PathIntrospect), IntrospectionMethods: methods, IntrospectionAlgs: algs,
		Revocation: at(PathRevoke), RevocationMethods: methods, RevocationAlgs: algs,
		ClaimTypes: []string{"normal"},
		Claims: []string{"sub", "name", "birthdate", "gender", "updated_at", "phone_number", "phone_number_verified",
			"national_id", "account_level", "account_type", "auth_time", "acr", "amr", "sid"},
		UILocales: []string{"vi", "en"}, Prompts: []string{"none", "login", "consent", "select_account"},
		ChallengeMethods: []string{"S256"}, IssParameter: true, BackchannelLogout: true, BackchannelSession: true,
	}
}

// Discovery answers the two well-known addresses.
func (p *Provider) Discovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age="+seconds(jwksCache))
	writeJSON(w, http.StatusOK, p.metadata())
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func writeError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
