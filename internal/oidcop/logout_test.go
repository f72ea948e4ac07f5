package oidcop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

// service is a relying party that is told of ended sessions.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc // nil: 200
	tokens []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		s.tokens = append(s.tokens, r.PostFormValue("logout_token"))
	}
	if s.answer != nil {
		s.answer(w, r)
	}
}

func (s *service) answers(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// killed breaks every connection off, as a process that is gone does.
func killed(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func (s *service) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.tokens
	s.tokens = nil
	return out
}

// told registers a service that is told of ended sessions.
func (r *rig) told(t *testing.T, id string, isolated bool) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	err := r.provider.PutClient(t.Context(), oidcop.Client{ID: id, Name: "Cổng", NameEN: "Portal", SMSName: "Cong DVC tinh Hung Yen",
		RedirectURIs: []string{redirectURI}, PostLogoutURIs: []string{logoutURI}, SignInURL: "http://127.0.0.1:9/dang-nhap",
		Scopes: []string{"openid", "profile"}, Isolated: isolated, BackchannelLogoutURI: s.URL + "/het-phien"}, secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// in signs in at the service and returns the session's token and the ID token.
func (r *rig) in(t *testing.T) (session, idToken string) {
	t.Helper()
	got, session := r.signIn(t, ask("scope", "openid profile"))
	return session, r.exchange(t, got.Get("code")).str("id_token")
}

func (r *rig) drain(t *testing.T) {
	t.Helper()
	if err := r.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) deliveries(t *testing.T, state string) []oidcop.Delivery {
	t.Helper()
	list, err := r.provider.Deliveries(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestOP14_EveryEndOfASessionReachesTheService(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s := r.told(t, clientID, false)
		front := func(session string) oidcop.Front { return oidcop.Front{Browser: "b", Session: session} }
		for cause, end := range map[string]func(session, idToken string) error{
			"user": func(session, idToken string) error {
				_, err := r.provider.EndSession(t.Context(), url.Values{"id_token_hint": {idToken}}, front(session), false)
				return err
			},
			"replaced": func(session, _ string) error {
				w := r.authorize(t, ask("prompt", "login"), session)
				if err := r.People.CheckPassword(t.Context(), identitytest.Try(w.SignIn, "b")); err != nil {
					return err
				}
				_, err := r.provider.Confirm(t.Context(), oidcop.Confirmation{RequestID: w.SignIn, Browser: "b", Code: r.Code(t), Replaced: session})
				return err
			},
			"locked": func(string, string) error {
				return errors.Join(r.People.Lock(t.Context(), audit.System, identitytest.Number), r.People.Unlock(t.Context(), audit.System, identitytest.Number))
			},
			"phone_change": func(string, string) error {
				return errors.Join(r.People.SetPhone(t.Context(), audit.System, identitytest.Number, "+84900000679"),
					r.People.SetPhone(t.Context(), audit.System, identitytest.Number, identitytest.Phone))
			},
			"expired": func(string, string) error {
				r.Clock.Advance(oidcop.SessionIdle)
				return r.provider.EndExpired(t.Context())
			},
		} {
			r.Clock.Advance(2 * time.Minute) // between one SMS and the next
			session, idToken := r.in(t)
			want := claimsOf(t, idToken)
			if err := end(session, idToken); err != nil {
				t.Fatalf("%s: %v", cause, err)
			}
			r.drain(t)
			got := s.take()
			if len(got) != 1 {
				t.Errorf("%s: the service was told %d times", cause, len(got))
				continue
			}
			if c := claimsOf(t, got[0]); c["sid"] != want["sid"] || c["sub"] != want["sub"] {
				t.Errorf("%s: told of %v of %v, want %v of %v", cause, c["sid"], c["sub"], want["sid"], want["sub"])
			}
			if l := r.deliveries(t, ""); l[0].Cause != cause || l[0].State != oidcop.LogoutDelivered || l[0].Attempts != 1 || l[0].EndedAt == nil {
				t.Errorf("%s: %+v", cause, l[0])
			}
			if _, err := r.provider.Session(t.Context(), session); err == nil {
				t.Errorf("%s: the session lives", cause)
			}
			// Told once, whatever ends it again.
			if err := r.provider.EndExpired(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := r.People.Lock(t.Context(), audit.System, identitytest.Number); err != nil {
				t.Fatal(err)
			}
			if err := r.People.Unlock(t.Context(), audit.System, identitytest.Number); err != nil {
				t.Fatal(err)
			}
			r.drain(t)
			s.take()
		}
		// A reset comes last: it takes the password away.
		r.Clock.Advance(2 * time.Minute)
		r.in(t)
		if _, err := r.People.Reset(t.Context(), audit.System, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		if got := s.take(); len(got) != 1 {
			t.Errorf("password reset: told %d times", len(got))
		}
		for _, del := range r.deliveries(t, "") {
			if del.Attempts != 1 || del.State != oidcop.LogoutDelivered {
				t.Errorf("%+v", del)
			}
		}
	})
}

func TestOP14_LogoutToken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s := r.told(t, clientID, false)
		session, idToken := r.in(t)
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		got := s.take()
		if len(got) != 1 {
			t.Fatalf("told %d times", len(got))
		}
		jws, err := jose.ParseSignedCompact(got[0], []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		h := jws.Signatures[0].Protected
		if h.ExtraHeaders[jose.HeaderType] != "logout+jwt" || h.KeyID == "" {
			t.Errorf("header %+v", h)
		}
		published := false
		for _, k := range r.get(t, "/keys").body["keys"].([]any) {
			published = published || k.(map[string]any)["kid"] == h.KeyID
		}
		if !published {
			t.Errorf("key %s is not published", h.KeyID)
		}
		c, of := claimsOf(t, got[0]), claimsOf(t, idToken)
		iat, _ := c["iat"].(float64)
		exp, _ := c["exp"].(float64)
		events, _ := c["events"].(map[string]any)
		event, ok := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any)
		if c["iss"] != r.server.URL || c["aud"] != clientID || c["sub"] != of["sub"] || c["sid"] != of["sid"] || c["jti"] == "" || c["jti"] == nil ||
			exp-iat > 120 || exp <= iat || !ok || len(event) != 0 || len(events) != 1 {
			t.Errorf("claims %v", c)
		}
		if _, there := c["nonce"]; there || len(c) != 8 {
			t.Errorf("claims that do not belong there: %v", c)
		}
		// It is no proof of who asks for a sign-out.
		_, err = r.provider.EndSession(t.Context(), url.Values{"id_token_hint": {got[0]}}, oidcop.Front{}, false)
		var refused *oidcop.RequestError
		if !errors.As(err, &refused) {
			t.Errorf("a logout token as a hint: %v", err)
		}
	})
}

func TestOP14_KilledServiceIsToldWhenItIsBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s := r.told(t, clientID, false)
		session, _ := r.in(t)
		s.answers(killed)
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		jtis := map[any]bool{}
		for i, pause := range []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, 2 * time.Minute} {
			l := r.deliveries(t, oidcop.LogoutWaiting)
			if len(l) != 1 || l[0].Attempts != i+1 || l[0].LastError != "unreachable" || l[0].NextTry == nil || l[0].NextTry.Sub(r.Clock.Now()) != pause {
				t.Fatalf("after attempt %d: %+v", i+1, l)
			}
			for _, token := range s.take() {
				jtis[claimsOf(t, token)["jti"]] = true
			}
			r.Clock.Advance(pause - time.Millisecond)
			r.drain(t)
			if got := s.take(); len(got) != 0 {
				t.Errorf("attempt %d came before its time", i+2)
			}
			r.Clock.Advance(time.Millisecond)
			if pause == 2*time.Minute {
				s.answers(nil)
			}
			r.drain(t)
		}
		l := r.deliveries(t, "")
		if len(l) != 1 || l[0].State != oidcop.LogoutDelivered || l[0].Attempts != 5 || l[0].LastError != "" || l[0].NextTry != nil {
			t.Errorf("%+v", l)
		}
		for _, token := range s.take() {
			jtis[claimsOf(t, token)["jti"]] = true
		}
		if len(jtis) != 5 {
			t.Errorf("%d ids in 5 tokens: a service refuses one it has seen", len(jtis))
		}
	})
}

func TestOP14_GivenUpWhenTheServicesOwnSessionIsOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s := r.told(t, clientID, false)
		session, _ := r.in(t)
		s.answers(killed)
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		began := r.Clock.Now()
		for range 40 {
			r.drain(t)
			l := r.deliveries(t, oidcop.LogoutWaiting)
			if len(l) == 0 {
				break
			}
			r.Clock.Set(*l[0].NextTry)
		}
		l := r.deliveries(t, oidcop.LogoutGivenUp)
		if len(l) != 1 || l[0].EndedAt == nil || l[0].LastError != "unreachable" || r.Clock.Now().Sub(began) < 11*time.Hour || r.Clock.Now().Sub(began) > 12*time.Hour {
			t.Fatalf("after %v: %+v", r.Clock.Now().Sub(began), r.deliveries(t, ""))
		}
		s.answers(nil)
		s.take()
		r.Clock.Advance(24 * time.Hour)
		r.drain(t)
		if got := s.take(); len(got) != 0 {
			t.Error("told after it was given up")
		}
		r.Clock.Advance(30 * 24 * time.Hour)
		if err := r.provider.Purge(t.Context()); err != nil || len(r.deliveries(t, "")) != 0 {
			t.Errorf("still kept: %v", err)
		}
	})
}

func TestOP14_AnswersOfAService(t *testing.T) {
	r := newRig(t, dbtest.New(t, db.SQLite))
	s := r.told(t, clientID, false)
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	status := func(n int) http.HandlerFunc { return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) } }
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		why    string
	}{
		"200": {status(200), ""},
		"204": {status(204), ""},
		"400": {status(400), "status_400"},
		"500": {status(500), "status_500"},
		"303": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusSeeOther) }, "status_303"},
		"307": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, "status_307"},
		"without end": {func(w http.ResponseWriter, _ *http.Request) {
			for _, err := w.Write(make([]byte, 4096)); err == nil; _, err = w.Write(make([]byte, 4096)) {
				continue
			}
		}, ""},
	} {
		r.Clock.Advance(2 * time.Minute)
		session, _ := r.in(t)
		s.answers(c.answer)
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		want := oidcop.LogoutDelivered
		if c.why != "" {
			want = oidcop.LogoutWaiting
		}
		if l := r.deliveries(t, ""); l[0].State != want || l[0].LastError != c.why {
			t.Errorf("%s: %+v", name, l[0])
		}
		// What waits is told now, or it would be told in the next case.
		s.answers(nil)
		r.Clock.Advance(2 * time.Second)
		r.drain(t)
	}
	if elsewhere != 0 {
		t.Error("a redirect was followed")
	}

	// A service that says nothing is waited for no longer than 4 s.
	r.Clock.Advance(2 * time.Minute)
	session, _ := r.in(t)
	r.provider.Transport = silent{t}
	if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
		t.Fatal(err)
	}
	r.drain(t)
	if l := r.deliveries(t, ""); l[0].State != oidcop.LogoutWaiting || l[0].LastError != "timeout" {
		t.Errorf("silence: %+v", l[0])
	}
	if strings.Contains(r.Log.String(), "logout_token") || strings.Contains(r.Log.String(), "eyJ") {
		t.Error("the log holds a token")
	}
}

// silent stands for the time that passes without an answer.
type silent struct{ t *testing.T }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	end, ok := r.Context().Deadline()
	if left := time.Until(end); !ok || left > 4*time.Second {
		s.t.Errorf("the call may last %v", left)
	}
	return nil, context.DeadlineExceeded
}

func TestOP14_OnlyServicesThatGotTokensAreTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s, other := r.told(t, clientID, false), r.told(t, "khac", false)
		session, _ := r.in(t)
		// The other service got a code of the same session and no tokens.
		code := answer(t, r.authorize(t, ask("client_id", "khac", "scope", "openid"), session).Redirect).Get("code")
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		if p := r.exchange(t, code, "basic-user", "khac"); p.status != http.StatusBadRequest || p.str("error") != "invalid_grant" {
			t.Errorf("a code of an ended session: %d %v", p.status, p.body)
		}
		r.drain(t)
		if a, b := len(s.take()), len(other.take()); a != 1 || b != 0 {
			t.Errorf("told %d and %d times, want 1 and 0", a, b)
		}
	})
}

func TestOP14_NoticeLivesAndDiesWithTheTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s := r.told(t, clientID, false)
		session, _ := r.in(t)
		broken := errors.New("rolled back")
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(r.Sessions.RevokeBySubject(ctx, tx, identity.Site, r.account.ID, "locked"), broken)
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		r.drain(t)
		if _, err := r.provider.Session(t.Context(), session); err != nil || len(s.take()) != 0 || len(r.deliveries(t, "")) != 0 {
			t.Errorf("told of what did not happen: %v", err)
		}
	})
}

func TestOP14_SES01_ExpiryByIdleAndAbsoluteTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s := r.told(t, clientID, false)
		expire := func() int {
			t.Helper()
			if err := r.provider.EndExpired(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.drain(t)
			return len(s.take())
		}
		r.in(t)
		r.Clock.Advance(oidcop.SessionIdle - time.Millisecond)
		if expire() != 0 {
			t.Error("told before the idle time was over")
		}
		r.Clock.Advance(time.Millisecond)
		if n := expire(); n != 1 {
			t.Errorf("idle: told %d times", n)
		}
		if expire() != 0 {
			t.Error("told twice")
		}
		session, _ := r.in(t)
		for end := r.Clock.Now().Add(oidcop.SessionLife); r.Clock.Now().Add(10 * time.Minute).Before(end); {
			r.Clock.Advance(10 * time.Minute)
			if _, err := r.provider.Session(t.Context(), session); err != nil {
				t.Fatal(err)
			}
			if expire() != 0 {
				t.Fatal("told of a session in use")
			}
		}
		r.Clock.Advance(10 * time.Minute)
		if n := expire(); n != 1 {
			t.Errorf("absolute end: told %d times", n)
		}
	})
}

func TestOP14_IsolatedServiceIsToldOfALockAndNotOfExpiry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		s := r.told(t, clientID, true)
		r.in(t)
		r.Clock.Advance(time.Hour)
		if err := r.provider.EndExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		if len(s.take()) != 0 {
			t.Error("told that the short session of an isolated sign-in is over")
		}
		if err := r.People.Lock(t.Context(), audit.System, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		if n := len(s.take()); n != 1 {
			t.Errorf("lock: told %d times", n)
		}
	})
}

func TestOP14_AddressOfTheNoticeNeedsTLS(t *testing.T) {
	r := newRig(t, dbtest.New(t, db.SQLite))
	for uri, ok := range map[string]bool{"": true, "https://dich-vu.example/het": true, "http://localhost:1/het": true, "http://127.0.0.1:1/het": true,
		"http://dich-vu.example/het": false, "https://dich-vu.example/het#x": false, "https://dich-vu.example/het#": false, "/het": false, "https://u:p@dich-vu.example/": false, "ftp://localhost/": false} {
		err := r.provider.PutClient(t.Context(), oidcop.Client{ID: "x", BackchannelLogoutURI: uri}, secret)
		if (err == nil) != ok {
			t.Errorf("%q: %v", uri, err)
		}
	}
}
