package signintest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// The registration that the provider knows. No secret of anything real.
const (
	ClientID     = "portal"
	ClientSecret = "secret/with+signs"
	Subject      = "subject-1"
)

// Provider is a running provider. Its exported fields are the ways to make it
// answer wrongly; a test sets them while no request runs.
type Provider struct {
	t   *testing.T
	srv *httptest.Server
	mu  sync.Mutex

	// RedirectURI is what the token endpoint expects.
	RedirectURI string
	// Metadata changes the discovery document.
	Metadata func(m map[string]any)
	// Claims changes the claims of the ID token.
	Claims func(c map[string]any)
	// Sign replaces the signature; it gets the claims as JSON.
	Sign func(claims []byte) string
	// Token changes the token response.
	Token func(m map[string]any)
	// Person changes the userinfo.
	Person func(c map[string]any)
	// KeyCache is the Cache-Control of the keys.
	KeyCache string
	// AuthTime is auth_time; Now when nil.
	AuthTime func() time.Time

	// Dialect makes the provider answer as NPSP or Direct does.
	Dialect string
	// Encrypt replaces what Direct encrypts with, and Wrapped changes its
	// outer object, by endpoint. Plain answers in clear.
	Encrypt func(plain []byte) (data, key string)
	Wrapped func(endpoint string, m map[string]any)
	Plain   bool
	// TokenForm, Userinfo and Logouts are the last requests as they came.
	TokenForm       url.Values
	UserinfoRequest *http.Request

	handler map[string]http.HandlerFunc
	keys    []Key
	public  *[]Key
	grants  map[string]url.Values
	calls   map[string]int
}

// Key is a signing key.
type Key struct {
	ID      string
	Alg     jose.SignatureAlgorithm
	Private crypto.Signer
}

// NewKey makes an ES256 key.
func NewKey(t *testing.T, id string) Key {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return Key{ID: id, Alg: jose.ES256, Private: k}
}

// New starts a provider that ends with the test.
func New(t *testing.T) *Provider {
	p := &Provider{
		t: t, KeyCache: "max-age=300", handler: map[string]http.HandlerFunc{},
		grants: map[string]url.Values{}, calls: map[string]int{},
		RedirectURI: "http://localhost:8080/dich-vu-cong/cong-dan/tro-ve",
	}
	p.keys = []Key{NewKey(t, "k1")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.endpoint("discovery", p.discovery))
	mux.HandleFunc("GET /keys", p.endpoint("keys", p.serveKeys))
	mux.HandleFunc("POST /token", p.endpoint("token", p.token))
	mux.HandleFunc("GET /userinfo", p.endpoint("userinfo", p.userinfo))
	mux.HandleFunc("POST /userinfo", p.endpoint("userinfo", p.userinfo))
	mux.HandleFunc("HEAD /token", p.endpoint("probe", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }))
	p.srv = httptest.NewServer(mux)
	t.Cleanup(p.srv.Close)
	return p
}

// Issuer is the provider's issuer.
func (p *Provider) Issuer() string { return p.srv.URL }

// Stop makes the provider unreachable.
func (p *Provider) Stop() { p.srv.Close() }

// Answer makes h answer an endpoint ("discovery", "keys", "token", "userinfo")
// in the provider's stead; nil gives the endpoint back.
func (p *Provider) Answer(endpoint string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handler[endpoint] = h
}

// Calls counts the requests to an endpoint.
func (p *Provider) Calls(endpoint string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[endpoint]
}

// SetKeys makes the provider sign with the first key and publish all; publish
// nothing but the given ones when published is not nil.
func (p *Provider) SetKeys(sign Key, published ...Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append([]Key{sign}, published...)
	p.public = &published
}

// Grant plays the person who signs in at the given authorization address: it
// gives the query that comes back.
func (p *Provider) Grant(address string) url.Values {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	code := rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grants[code] = q
	return url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {p.Issuer()}}
}

func (p *Provider) endpoint(name string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.calls[name]++
		other := p.handler[name]
		p.mu.Unlock()
		if other != nil {
			other(w, r)
			return
		}
		h(w, r)
	}
}

// Hang answers nothing until the caller gives up. The server notices that only
// once the body is read.
func Hang(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// Fixed answers with a status, a type and a body.
func Fixed(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	i := p.Issuer()
	m := map[string]any{
		"issuer": i, "authorization_endpoint": i + "/authorize", "token_endpoint": i + "/token",
		"userinfo_endpoint": i + "/userinfo", "jwks_uri": i + "/keys", "end_session_endpoint": i + "/end_session",
		"authorization_response_iss_parameter_supported": true,
		"code_challenge_methods_supported":               []string{"S256"},
	}
	if p.Metadata != nil {
		p.Metadata(m)
	}
	answerJSON(w, http.StatusOK, m)
}

func (p *Provider) serveKeys(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	keys := p.keys
	if p.public != nil {
		keys = *p.public
	}
	p.mu.Unlock()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.ID, Algorithm: string(k.Alg), Use: "sig"})
	}
	w.Header().Set("Cache-Control", p.KeyCache)
	answerJSON(w, http.StatusOK, set)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	p.mu.Lock()
	p.TokenForm = r.PostForm
	p.mu.Unlock()
	if p.Dialect == Direct {
		p.directToken(w, r)
		return
	}
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	if id != ClientID || secret != ClientSecret {
		answerJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	p.mu.Lock()
	q, ok := p.grants[r.FormValue("code")]
	delete(p.grants, r.FormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || q.Get("code_challenge_method") != "S256" ||
		q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) ||
		r.FormValue("grant_type") != "authorization_code" ||
		r.FormValue("redirect_uri") != p.RedirectURI || q.Get("redirect_uri") != p.RedirectURI {
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	access := "access-" + rand.Text()
	m := map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": 300,
		"id_token": p.IDToken(q.Get("nonce"), access),
	}
	if p.Token != nil {
		p.Token(m)
	}
	answerJSON(w, http.StatusOK, m)
}

// IDToken makes an ID token as the token endpoint does.
func (p *Provider) IDToken(nonce, access string) string {
	now := time.Now()
	auth := now
	if p.AuthTime != nil {
		auth = p.AuthTime()
	}
	half := sha256.Sum256([]byte(access))
	c := map[string]any{
		"iss": p.Issuer(), "sub": Subject, "aud": ClientID, "exp": now.Add(5 * time.Minute).Unix(),
		"iat": now.Unix(), "nonce": nonce, "auth_time": auth.Unix(), "sid": "sid-1",
		"amr": []string{"pwd", "otp"}, "at_hash": base64.RawURLEncoding.EncodeToString(half[:16]),
	}
	if p.Dialect == NPSP {
		c["acr"], c["azp"] = "LoA2", ClientID
	}
	if p.Claims != nil {
		p.Claims(c)
	}
	b, err := json.Marshal(c)
	if err != nil {
		p.t.Error(err)
	}
	if p.Sign != nil {
		return p.Sign(b)
	}
	p.mu.Lock()
	k := p.keys[0]
	p.mu.Unlock()
	return k.SignAs(p.t, k.ID, b)
}

// SignAs signs with the key under any key id; "" leaves the key id out.
func (k Key) SignAs(t *testing.T, kid string, payload []byte) string {
	opts := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		opts = opts.WithHeader("kid", kid)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: k.Alg, Key: k.Private}, opts)
	if err != nil {
		t.Error(err)
		return ""
	}
	jws, err := s.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return out
}

// Key is the key the provider signs with.
func (p *Provider) Key() Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[0]
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.UserinfoRequest = r
	p.mu.Unlock()
	if auth := r.Header.Get("Authorization"); len(auth) < len("Bearer access-") && len(r.PostFormValue("access_token")) < len("access-") {
		answerJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	c := map[string]any{
		"sub": Subject, "name": "Nguyễn Thị Thử", "birthdate": "1990-05-19", "gender": "female",
		"phone_number": "+84900000001", "national_id": "099190000001", "account_level": 2, "account_type": "1",
	}
	if own := p.person(); own != nil {
		c = own
	}
	if p.Person != nil {
		p.Person(c)
	}
	p.answer(w, "userinfo", c)
}
