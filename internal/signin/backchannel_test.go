package signin_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"motcua/internal/db"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutClaims are in order; change them to what the test needs.
func (r *rig) logoutClaims() map[string]any {
	now := time.Now()
	return map[string]any{"iss": r.op.Issuer(), "aud": signintest.ClientID, "sub": signintest.Subject, "sid": "sid-1", "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "events": map[string]any{logoutEvent: map[string]any{}}}
}

// sign makes a token of a type with the provider's key, or another.
func sign(t *testing.T, k signintest.Key, typ string, claims any) string {
	t.Helper()
	payload, ok := claims.([]byte)
	if !ok {
		var err error
		if payload, err = json.Marshal(claims); err != nil {
			t.Fatal(err)
		}
	}
	opts := (&jose.SignerOptions{}).WithHeader("kid", k.ID)
	if typ != "" {
		opts = opts.WithType(jose.ContentType(typ))
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: k.Alg, Key: k.Private}, opts)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := s.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func form(token string) []byte { return []byte(url.Values{"logout_token": {token}}.Encode()) }

// logout hands a body in and returns what was ended, nil for nothing.
func (r *rig) logout(body []byte) (ended []signin.Logout, err error) {
	err = r.s.Logout(r.t.Context(), body, func(_ context.Context, _ *db.Tx, issuer, subject, sid string) error {
		ended = append(ended, signin.Logout{Issuer: issuer, Subject: subject, SessionID: sid})
		return nil
	})
	return ended, err
}

func TestRP09_LogoutTokenInOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for name, c := range map[string]struct {
			typ    string
			change func(map[string]any)
			want   signin.Logout
		}{
			"by sid and sub":    {"logout+jwt", func(map[string]any) {}, signin.Logout{Subject: signintest.Subject, SessionID: "sid-1"}},
			"by sid":            {"logout+jwt", func(c map[string]any) { delete(c, "sub") }, signin.Logout{SessionID: "sid-1"}},
			"by sub":            {"logout+jwt", func(c map[string]any) { delete(c, "sid") }, signin.Logout{Subject: signintest.Subject}},
			"whole media type":  {"application/logout+jwt", func(map[string]any) {}, signin.Logout{Subject: signintest.Subject, SessionID: "sid-1"}},
			"type in capitals":  {"Logout+JWT", func(map[string]any) {}, signin.Logout{Subject: signintest.Subject, SessionID: "sid-1"}},
			"audience as array": {"logout+jwt", func(c map[string]any) { c["aud"] = []string{signintest.ClientID} }, signin.Logout{Subject: signintest.Subject, SessionID: "sid-1"}},
			"members in the event": {"logout+jwt", func(c map[string]any) { c["events"] = map[string]any{logoutEvent: map[string]any{"x": 1}, "other": 1} },
				signin.Logout{Subject: signintest.Subject, SessionID: "sid-1"}},
		} {
			claims := r.logoutClaims()
			c.change(claims)
			c.want.Issuer = r.op.Issuer()
			ended, err := r.logout(form(sign(t, r.op.Key(), c.typ, claims)))
			if err != nil || len(ended) != 1 || ended[0] != c.want {
				t.Errorf("%s: %+v %v, want %+v", name, ended, err, c.want)
			}
		}
	})
}

// Each row breaks one thing of a token that is in order.
func TestRP09_LogoutTokenRefused(t *testing.T) {
	r := one(t)
	now := time.Now()
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	del := func(names ...string) func(map[string]any) {
		return func(c map[string]any) {
			for _, n := range names {
				delete(c, n)
			}
		}
	}
	long := strings.Repeat("x", 256)
	for name, c := range map[string]struct {
		change func(map[string]any)
		reason string
	}{
		"issuer of another":         {set("iss", "https://other.example"), "logout_claims"},
		"issuer with a slash":       {set("iss", r.op.Issuer()+"/"), "logout_claims"},
		"issuer missing":            {del("iss"), "logout_claims"},
		"issuer a number":           {set("iss", 1), "logout_claims"},
		"audience of another":       {set("aud", "office"), "logout_claims"},
		"audience missing":          {del("aud"), "logout_claims"},
		"audience empty":            {set("aud", []string{}), "logout_claims"},
		"audience of two":           {set("aud", []string{signintest.ClientID, "office"}), "logout_aud"},
		"audience twice":            {set("aud", []string{signintest.ClientID, signintest.ClientID}), "logout_aud"},
		"expired":                   {set("exp", now.Add(-time.Second).Unix()), "logout_exp"},
		"expiry missing":            {del("exp"), "logout_exp"},
		"expiry a text":             {set("exp", "soon"), "logout_claims"},
		"issued in the future":      {set("iat", now.Add(2*time.Minute).Unix()), "logout_iat"},
		"issued long ago":           {set("iat", now.Add(-11*time.Minute).Unix()), "logout_iat"},
		"issue time missing":        {del("iat"), "logout_iat"},
		"issue time null":           {set("iat", nil), "logout_claims"},
		"issue time a text":         {set("iat", "now"), "logout_claims"},
		"nonce":                     {set("nonce", "n"), "logout_nonce"},
		"nonce empty":               {set("nonce", ""), "logout_nonce"},
		"nonce null":                {set("nonce", nil), "logout_nonce"},
		"events missing":            {del("events"), "logout_events"},
		"events empty":              {set("events", map[string]any{}), "logout_events"},
		"events null":               {set("events", nil), "logout_events"},
		"events a text":             {set("events", logoutEvent), "logout_claims"},
		"events an array":           {set("events", []string{logoutEvent}), "logout_claims"},
		"event of another name":     {set("events", map[string]any{logoutEvent + "/": map[string]any{}}), "logout_events"},
		"event in capitals":         {set("events", map[string]any{strings.ToUpper(logoutEvent): map[string]any{}}), "logout_events"},
		"event null":                {set("events", map[string]any{logoutEvent: nil}), "logout_events"},
		"event true":                {set("events", map[string]any{logoutEvent: true}), "logout_events"},
		"event a text":              {set("events", map[string]any{logoutEvent: "{}"}), "logout_events"},
		"event an array":            {set("events", map[string]any{logoutEvent: []string{}}), "logout_events"},
		"id missing":                {del("jti"), "logout_jti"},
		"id empty":                  {set("jti", ""), "logout_jti"},
		"id null":                   {set("jti", nil), "logout_jti"},
		"id a number":               {set("jti", 7), "logout_claims"},
		"id too long":               {set("jti", long), "logout_jti"},
		"neither sid nor sub":       {del("sid", "sub"), "logout_nobody"},
		"sid and sub empty":         {func(c map[string]any) { c["sid"], c["sub"] = "", "" }, "logout_nobody"},
		"sid a number":              {set("sid", 7), "logout_claims"},
		"sid too long":              {set("sid", long), "logout_sid"},
		"sid with a zero character": {set("sid", "a\x00b"), "logout_sid"},
		"sub a number":              {set("sub", 7), "logout_claims"},
		"sub too long":              {set("sub", long), "logout_sub"},
		"sub with a zero character": {set("sub", "a\x00b"), "logout_sub"},
		"not yet valid":             {set("nbf", now.Add(time.Hour).Unix()), "logout_claims"},
	} {
		claims := r.logoutClaims()
		c.change(claims)
		ended, err := r.logout(form(sign(t, r.op.Key(), "logout+jwt", claims)))
		if f := signin.AsFailure(err); f == nil || f.Kind != signin.WrongAnswer || f.Reason != c.reason || ended != nil {
			t.Errorf("%s: %v, want %s", name, err, c.reason)
		}
	}

	good, key := r.logoutClaims(), r.op.Key()
	payload, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	stranger := signintest.NewKey(t, key.ID)
	elsewhere := signintest.NewKey(t, "k9")
	token := sign(t, key, "logout+jwt", good)
	parts := strings.Split(token, ".")
	unsigned := "eyJhbGciOiJub25lIiwidHlwIjoibG9nb3V0K2p3dCJ9." + parts[1] + "."
	shared := signintest.Key{ID: key.ID, Alg: jose.HS256}
	secret, err := jose.NewSigner(jose.SigningKey{Algorithm: shared.Alg, Key: bytes.Repeat([]byte("k"), 32)}, (&jose.SignerOptions{}).WithType("logout+jwt").WithHeader("kid", key.ID))
	if err != nil {
		t.Fatal(err)
	}
	hmac, err := secret.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	symmetric, err := hmac.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body   []byte
		reason string
	}{
		"type missing":            {form(sign(t, key, "", good)), "logout_typ"},
		"type JWT":                {form(sign(t, key, "JWT", good)), "logout_typ"},
		"type of an access token": {form(sign(t, key, "at+jwt", good)), "logout_typ"},
		"type with more":          {form(sign(t, key, "logout+jwt2", good)), "logout_typ"},
		"an ID token":             {form(r.op.IDToken("nonce", "access-1")), "logout_typ"},
		"signed by a stranger":    {form(sign(t, stranger, "logout+jwt", good)), "logout_signature"},
		"key that is not there":   {form(sign(t, elsewhere, "logout+jwt", good)), "logout_signature"},
		"algorithm none":          {form(unsigned), "logout_signature"},
		"algorithm HS256":         {form(symmetric), "logout_signature"},
		"signature cut off":       {form(parts[0] + "." + parts[1] + "."), "logout_signature"},
		"claims changed":          {form(parts[0] + "." + parts[1][:len(parts[1])-4] + "AAAA." + parts[2]), "logout_signature"},
		"two parts":               {form(parts[0] + "." + parts[1]), "logout_signature"},
		"five parts":              {form(token + ".a.b"), "logout_signature"},
		"no token at all":         {form("x"), "logout_signature"},
		"claims are no object":    {form(sign(t, key, "logout+jwt", []byte(`[]`))), "logout_claims"},
		"claims are no JSON":      {form(sign(t, key, "logout+jwt", []byte(`{`))), "logout_claims"},
		"body empty":              {nil, "logout_missing"},
		"token empty":             {form(""), "logout_missing"},
		"token twice":             {append(append(form(token), '&'), form(token)...), "logout_missing"},
		"another name":            {[]byte("id_token=" + token), "logout_missing"},
		"body JSON":               {[]byte(`{"logout_token":"` + token + `"}`), "logout_missing"},
		"body malformed":          {[]byte("logout_token=%zz"), "logout_form"},
		"token oversized":         {form(strings.Repeat("x", 8<<10+1)), "logout_oversized"},
		"body oversized":          {append(form(token), bytes.Repeat([]byte("&a=b"), 4<<10)...), "logout_oversized"},
	} {
		ended, err := r.logout(c.body)
		if f := signin.AsFailure(err); f == nil || f.Kind != signin.WrongAnswer || f.Reason != c.reason || ended != nil {
			t.Errorf("%s: %v, want %s", name, err, c.reason)
		}
	}
	// Nothing of all that has used the good one up.
	if ended, err := r.logout(form(token)); err != nil || len(ended) != 1 {
		t.Errorf("the token in order: %v", err)
	}
}

func TestRP09_ReplayIsRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		claims := r.logoutClaims()
		body := form(sign(t, r.op.Key(), "logout+jwt", claims))
		var took atomic.Int32
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				switch ended, err := r.logout(body); {
				case err == nil && len(ended) > 0:
					took.Add(1)
				case signin.AsFailure(err) == nil || signin.AsFailure(err).Reason != "logout_jti":
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if took.Load() != 1 {
			t.Errorf("%d of 12 were taken", took.Load())
		}
		// Signed anew, the id is the same.
		claims["sid"] = "sid-2"
		_, err := r.logout(form(sign(t, r.op.Key(), "logout+jwt", claims)))
		wantFailure(t, err, signin.Replayed, "logout_jti")

		// What could not be ended may be said again.
		again := form(sign(t, r.op.Key(), "logout+jwt", r.logoutClaims()))
		broken := errors.New("database away")
		if err := r.s.Logout(t.Context(), again, func(context.Context, *db.Tx, string, string, string) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		if ended, err := r.logout(again); err != nil || len(ended) != 1 {
			t.Errorf("after a failure of ours: %v", err)
		}
		count := func() int {
			n, err := db.Get[int](t.Context(), r.db, `SELECT count(*) FROM signin_logout_token`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := r.s.Purge(t.Context()); err != nil || count() != 2 {
			t.Errorf("%d kept, %v", count(), err)
		}
		r.clk.Advance(25 * time.Hour)
		if err := r.s.Purge(t.Context()); err != nil || count() != 0 {
			t.Errorf("%d kept after a day, %v", count(), err)
		}
	})
}

func TestRP09_AnswersAreTwoHundredOrFourHundredAndNotKept(t *testing.T) {
	r := one(t)
	end := func(context.Context, *db.Tx, string, string, string) error { return nil }
	post := func(body []byte) (*httptest.ResponseRecorder, string, error) {
		w := httptest.NewRecorder()
		refused, err := r.s.ServeLogout(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body)), end)
		return w, refused, err
	}
	body := form(sign(t, r.op.Key(), "logout+jwt", r.logoutClaims()))
	for _, c := range []struct {
		body    []byte
		status  int
		refused string
	}{{body, 200, ""}, {body, 400, "logout_jti"}, {nil, 400, "logout_missing"}, {bytes.Repeat([]byte("a"), 1<<20), 400, "logout_oversized"}} {
		w, refused, err := post(c.body)
		if err != nil || w.Code != c.status || refused != c.refused || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %q %q %v, want %d %q", w.Code, refused, w.Header().Get("Cache-Control"), err, c.status, c.refused)
		}
	}
	// The keys cannot be had: the provider has to come again.
	r = one(t)
	r.op.Answer("keys", signintest.Fixed(http.StatusServiceUnavailable, "text/plain", ""))
	body = form(sign(t, r.op.Key(), "logout+jwt", r.logoutClaims()))
	if w, refused, err := post(body); err != nil || w.Code != 400 || !strings.HasPrefix(refused, "keys_") {
		t.Errorf("without keys: %d %q %v", w.Code, refused, err)
	}
	r.op.Answer("keys", nil)
	if w, refused, err := post(body); err != nil || w.Code != 200 {
		t.Errorf("with keys again: %d %q %v", w.Code, refused, err)
	}
	down, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	if refused, err := r.s.ServeLogout(w, httptest.NewRequestWithContext(down, http.MethodPost, "/", bytes.NewReader(form(sign(t, r.op.Key(), "logout+jwt", r.logoutClaims())))), end); err == nil && refused == "" {
		t.Error("nothing was wrong although nothing could be written")
	}
}
