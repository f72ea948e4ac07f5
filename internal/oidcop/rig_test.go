package oidcop_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

const (
	clientID    = "cong"
	secret      = "bi-mat-cua-cong-0123456789abcdef"
	redirectURI = "http://127.0.0.1:9/tro-ve"
	logoutURI   = "http://127.0.0.1:9/da-dang-xuat"
	verifier    = "motcua-verifier-motcua-verifier-motcua-verifier"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// rig is a provider behind a real HTTP server, with one service and one person.
type rig struct {
	*identitytest.Rig
	provider *oidcop.Provider
	server   *httptest.Server
	account  identity.Account
	phone    *identitytest.Handset // once approve was called
}

func newRig(t *testing.T, d *db.DB) *rig {
	t.Helper()
	r := &rig{Rig: identitytest.New(t, d, identity.Limits{Factor: 100})}
	mux := http.NewServeMux()
	r.server = httptest.NewServer(mux)
	t.Cleanup(r.server.Close)
	oidcop.Register(r.Registry, func() *oidcop.Provider { return r.provider })
	var err error
	r.provider, err = oidcop.New(oidcop.Parts{DB: d, Clock: r.Clock, Box: r.Box, Audit: r.Audit, Sessions: r.Sessions, People: r.People, Jobs: r.Jobs, Issuer: r.server.URL})
	if err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("POST /token", r.provider.Token)
	mux.HandleFunc("POST /introspect", r.provider.Introspect)
	mux.HandleFunc("POST /revoke", r.provider.Revoke)
	mux.HandleFunc("/userinfo", r.provider.Userinfo)
	mux.HandleFunc("GET /keys", r.provider.Keys)
	mux.HandleFunc("GET /.well-known/openid-configuration", r.provider.Discovery)
	if err := r.provider.EnsureKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.putClient(t, clientID, "ES256")
	r.account = r.AddPerson(t)
	return r
}

func (r *rig) putClient(t *testing.T, id, alg string) {
	t.Helper()
	err := r.provider.PutClient(t.Context(), oidcop.Client{ID: id, Name: "Cổng", NameEN: "Portal", SMSName: "Cong DVC tinh Hung Yen",
		RedirectURIs: []string{redirectURI}, PostLogoutURIs: []string{logoutURI}, SignInURL: "http://127.0.0.1:9/dang-nhap",
		Scopes: []string{"openid", "profile", "phone", "vneid"}, IDTokenAlg: alg, Refresh: true}, secret)
	if err != nil {
		t.Fatal(err)
	}
}

// ask returns a request that is in order; change it to what the test needs.
func ask(change ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirectURI}, "scope": {"openid profile phone vneid"},
		"state": {"xyz"}, "nonce": {"n-0S6"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(change); i += 2 {
		if change[i+1] == "" {
			q.Del(change[i])
		} else {
			q.Set(change[i], change[i+1])
		}
	}
	return q
}

func (r *rig) authorize(t *testing.T, q url.Values, session string) oidcop.Decision {
	t.Helper()
	d, err := r.provider.Authorize(t.Context(), q, oidcop.Front{Browser: "b", Session: session})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// signIn goes the whole way and returns the answer at the service and the
// token of the provider's session.
func (r *rig) signIn(t *testing.T, q url.Values) (answer url.Values, session string) {
	t.Helper()
	d := r.authorize(t, q, "")
	if d.SignIn == "" {
		t.Fatalf("nobody has to sign in: %+v", d)
	}
	return r.finish(t, d.SignIn)
}

func (r *rig) finish(t *testing.T, requestID string) (url.Values, string) {
	t.Helper()
	if err := r.People.CheckPassword(t.Context(), identitytest.Try(requestID, "b")); err != nil {
		t.Fatal(err)
	}
	out, err := r.provider.Confirm(t.Context(), oidcop.Confirmation{RequestID: requestID, Browser: "b", Code: r.Code(t)})
	if err != nil || out.Verdict.Outcome != identity.Confirmed {
		t.Fatalf("%+v %v", out.Verdict, err)
	}
	return answer(t, out.Redirect), out.Token
}

func answer(t *testing.T, redirect string) url.Values {
	t.Helper()
	u, err := url.Parse(redirect)
	if err != nil || !strings.HasPrefix(redirect, redirectURI+"?") {
		t.Fatalf("redirect to %q", redirect)
	}
	return u.Query()
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (p reply) str(name string) string { s, _ := p.body[name].(string); return s }

func (r *rig) do(t *testing.T, req *http.Request) reply {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{status: resp.StatusCode, header: resp.Header}
	_ = json.Unmarshal(b, &out.body)
	return out
}

// exchange posts to /token with the service's credentials; change as in ask.
func (r *rig) exchange(t *testing.T, code string, change ...string) reply {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}, "code_verifier": {verifier}}
	return r.post(t, "/token", form, change...)
}

// refresh shows a refresh token; change as in ask.
func (r *rig) refresh(t *testing.T, token string, change ...string) reply {
	t.Helper()
	return r.post(t, "/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, change...)
}

// post sends a form of a service, with its secret unless change says otherwise.
func (r *rig) post(t *testing.T, path string, form url.Values, change ...string) reply {
	t.Helper()
	user, pass := clientID, secret
	for i := 0; i < len(change); i += 2 {
		switch change[i] {
		case "basic-user":
			user = change[i+1]
		case "basic-pass":
			pass = change[i+1]
		default:
			if change[i+1] == "" {
				form.Del(change[i])
			} else {
				form.Set(change[i], change[i+1])
			}
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user != "" {
		req.SetBasicAuth(user, pass)
	}
	return r.do(t, req)
}

func (r *rig) userinfo(t *testing.T, token string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.server.URL+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return r.do(t, req)
}

func (r *rig) get(t *testing.T, path string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.do(t, req)
}

func claimsOf(t *testing.T, idToken string) map[string]any {
	t.Helper()
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %q", idToken)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

const minute = time.Minute
