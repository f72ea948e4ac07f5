package oidcop_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/oidcop"
)

var admin = audit.Ref{Kind: "console", ID: "quan.tri"}

// library is a service of another authority, in order.
func library() oidcop.Client {
	return oidcop.Client{ID: "thu-vien", Name: "Thư viện tỉnh", NameEN: "Provincial library", SMSName: "Thu vien tinh",
		Purpose: "Cấp thẻ bạn đọc", PurposeEN: "Giving out reader's cards", RedirectURIs: []string{redirectURI}, PostLogoutURIs: []string{logoutURI},
		SignInURL: "http://127.0.0.1:9/dang-nhap", Scopes: []string{"openid", "profile", "phone"}, Refresh: true}
}

func (r *rig) add(t *testing.T, c oidcop.Client) (secret string) {
	t.Helper()
	secret, err := r.provider.AddClient(t.Context(), admin, c)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func (r *rig) registered(t *testing.T, id string) oidcop.Registered {
	t.Helper()
	list, err := r.provider.ListClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("%s is not listed", id)
	return oidcop.Registered{}
}

func TestOP07_TwoSecretsLiveWhileOneIsChanged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		c := library()
		c.FirstParty = true
		first := r.add(t, c)
		works := func(secret string) bool {
			got, _ := r.signIn(t, ask("client_id", c.ID, "scope", "openid"))
			p := r.exchange(t, got.Get("code"), "basic-user", c.ID, "basic-pass", secret)
			return p.status == 200
		}
		if !works(first) || works(first+"x") || works("") {
			t.Fatal("the first secret")
		}
		if used := r.registered(t, c.ID).Secrets[0].UsedAt; used == nil {
			t.Error("its use is not noted")
		}
		r.Clock.Advance(time.Minute)
		second, err := r.provider.RotateSecret(t.Context(), admin, c.ID)
		if err != nil || second == first {
			t.Fatal(err)
		}
		if !works(first) || !works(second) {
			t.Error("both live while the service changes over")
		}
		if _, err := r.provider.RotateSecret(t.Context(), admin, c.ID); !errors.Is(err, oidcop.ErrTwoSecrets) {
			t.Errorf("a third: %v", err)
		}
		list := r.registered(t, c.ID).Secrets
		if err := r.provider.RetireSecret(t.Context(), admin, c.ID, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if works(first) || !works(second) {
			t.Error("after the first was retired")
		}
		if err := r.provider.RetireSecret(t.Context(), admin, c.ID, list[0].ID); !errors.Is(err, oidcop.ErrNoSecret) {
			t.Errorf("once more: %v", err)
		}
		if err := r.provider.RetireSecret(t.Context(), admin, c.ID, list[1].ID); !errors.Is(err, oidcop.ErrLastSecret) {
			t.Errorf("the last: %v", err)
		}
		for _, secret := range []string{first, second} {
			if n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM client_secret WHERE digest = $1`, secret); n != 0 || err != nil {
				t.Error("a secret is stored as it is")
			}
		}
	})
}

func TestOP07_AdministratorsAtOnceLeaveTwoSecrets(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.add(t, library())
		var given atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := r.provider.RotateSecret(t.Context(), admin, "thu-vien"); err == nil {
					given.Add(1)
				} else if !errors.Is(err, oidcop.ErrTwoSecrets) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(r.registered(t, "thu-vien").Secrets); given.Load() != 1 || n != 2 {
			t.Errorf("%d were given, %d live", given.Load(), n)
		}
	})
}

func TestARegistrationIsJudgedFieldByField(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for want, change := range map[string]func(c *oidcop.Client){
			"id empty":                       func(c *oidcop.Client) { c.ID = "" },
			"id format":                      func(c *oidcop.Client) { c.ID = "Thư viện" },
			"id too_long":                    func(c *oidcop.Client) { c.ID = strings.Repeat("a", 65) },
			"name empty":                     func(c *oidcop.Client) { c.Name = " " },
			"name format":                    func(c *oidcop.Client) { c.Name = "a\nb" },
			"name_en too_long":               func(c *oidcop.Client) { c.NameEN = strings.Repeat("a", 121) },
			"sms_name format":                func(c *oidcop.Client) { c.SMSName = "Thư viện" },
			"purpose empty":                  func(c *oidcop.Client) { c.Purpose = "" },
			"scopes empty":                   func(c *oidcop.Client) { c.Scopes = []string{"profile"} },
			"scopes unknown":                 func(c *oidcop.Client) { c.Scopes = []string{"openid", "admin"} },
			"redirect_uris empty":            func(c *oidcop.Client) { c.RedirectURIs = nil },
			"redirect_uris https":            func(c *oidcop.Client) { c.RedirectURIs = []string{"http://thu-vien.example/"} },
			"redirect_uris format":           func(c *oidcop.Client) { c.RedirectURIs = []string{"https://*.thu-vien.example/"} },
			"redirect_uris too_long":         func(c *oidcop.Client) { c.RedirectURIs = []string{"https://x.example/" + strings.Repeat("a", 1024)} },
			"post_logout_uris format":        func(c *oidcop.Client) { c.PostLogoutURIs = []string{"https://x.example/#a"} },
			"sign_in_url empty":              func(c *oidcop.Client) { c.SignInURL = "" },
			"id_token_alg unknown":           func(c *oidcop.Client) { c.IDTokenAlg = "none" },
			"backchannel_logout_uri https":   func(c *oidcop.Client) { c.BackchannelLogoutURI = "http://x.example/" },
			"frontchannel_logout_uri format": func(c *oidcop.Client) { c.FrontchannelLogoutURI = "javascript:alert(1)" },
			"jwks format":                    func(c *oidcop.Client) { c.JWKS = `{"keys":[]}` },
			"jwks private":                   func(c *oidcop.Client) { c.JWKS = jwks(t, newKey(t), true) },
		} {
			c := library()
			change(&c)
			_, err := r.provider.AddClient(t.Context(), admin, c)
			f, ok := errors.AsType[*oidcop.FieldError](err)
			if !ok || f.Field+" "+f.Code != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		r.add(t, library())
		if _, err := r.provider.AddClient(t.Context(), admin, library()); !errors.Is(err, oidcop.ErrClientExists) {
			t.Errorf("twice: %v", err)
		}
		for _, err := range []error{second(r.provider.RotateSecret(t.Context(), admin, clientID)), r.provider.RemoveClient(t.Context(), admin, clientID),
			r.provider.RetireSecret(t.Context(), admin, clientID, "x")} {
			if !errors.Is(err, oidcop.ErrBuiltIn) {
				t.Errorf("one of our own: %v", err)
			}
		}
		if err := second(r.provider.RotateSecret(t.Context(), admin, "ai-do\x00")); !errors.Is(err, oidcop.ErrNoClient) {
			t.Errorf("an unknown one: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestARemovedServiceGetsNothingMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		c := library()
		c.FirstParty = true
		secret := r.add(t, c)
		got, session := r.signIn(t, ask("client_id", c.ID))
		p := r.exchange(t, got.Get("code"), "basic-user", c.ID, "basic-pass", secret)
		if r.userinfo(t, p.str("access_token")).status != 200 {
			t.Fatal("before")
		}
		if err := r.provider.RemoveClient(t.Context(), admin, c.ID); err != nil {
			t.Fatal(err)
		}
		if s := r.userinfo(t, p.str("access_token")).status; s != 401 {
			t.Errorf("its token works: %d", s)
		}
		if q := r.exchange(t, "x", "basic-user", c.ID, "basic-pass", secret); q.status != 401 {
			t.Errorf("its secret works: %d", q.status)
		}
		if _, err := r.provider.Authorize(t.Context(), ask("client_id", c.ID), oidcop.Front{Browser: "b", Session: session}); err == nil {
			t.Error("it may ask")
		}
		if err := r.provider.RemoveClient(t.Context(), admin, c.ID); !errors.Is(err, oidcop.ErrNoClient) {
			t.Errorf("twice: %v", err)
		}
		if _, err := r.provider.AddClient(t.Context(), admin, c); !errors.Is(err, oidcop.ErrClientExists) {
			t.Errorf("its id is free at once: %v", err)
		}
		r.Clock.Advance(32 * 24 * time.Hour)
		if err := r.provider.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.add(t, c)
	})
}
