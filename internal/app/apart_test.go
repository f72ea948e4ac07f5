package app_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"motcua/internal/app"
	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/citizen"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
	"motcua/internal/secretbox"
	"motcua/internal/session"
	"motcua/internal/signin"
)

// A portal on a database of its own says by refreshes that the person is at
// work, and the provider's session lives as long as they are.
func TestSES01_APortalElsewhereExtendsTheProvidersSession(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		query := ""
		back := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { query = r.URL.RawQuery }))
		t.Cleanup(back.Close)
		secret, err := a.Provider.AddClient(t.Context(), audit.System, oidcop.Client{ID: "cong-khac", Name: "Cổng khác", NameEN: "Other portal", SMSName: "Cong khac",
			RedirectURIs: []string{back.URL}, SignInURL: back.URL, Scopes: signin.DefaultScopes, FirstParty: true, Refresh: true})
		if err != nil {
			t.Fatal(err)
		}
		d := dbtest.New(t, dialect)
		box, err := secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), a.Clock)
		if err != nil {
			t.Fatal(err)
		}
		people := citizen.New(citizen.Parts{DB: d, Clock: a.Clock, Box: box, Sessions: session.New(d, a.Clock), Audit: audit.New(d, a.Clock)})
		s, err := signin.New(d, a.Clock, box, signin.Provider{Issuer: a.ID, ClientID: "cong-khac", ClientSecret: func() string { return secret }, RedirectURL: back.URL, DisplayName: "x", RequireIss: true})
		if err != nil {
			t.Fatal(err)
		}
		browser := signin.NewBrowserToken()
		address, err := s.Start(t.Context(), signin.Request{BrowserToken: browser})
		if err != nil {
			t.Fatal(err)
		}
		person := demo.Citizens[0]
		c := a.NewClient(t)
		p := c.Get(address)
		p = c.Submit(p.FindForm("/dang-nhap"), "ten", person.Number, "mk", demo.CitizenPassword)
		c.Submit(p.FindForm("/ma-otp"), "ma", a.OTP(person.Phone))
		res, err := s.Callback(t.Context(), query, browser)
		if err != nil || res.Tokens.Refresh == "" {
			t.Fatalf("%+v %v", res, err)
		}
		token, err := people.SignIn(t.Context(), citizen.Arrival{Identity: citizen.Identity(res.Identity), IDToken: res.Tokens.IDToken, Refresh: res.Tokens.Refresh,
			ProviderSID: res.Authentication.SessionID, AuthTime: res.Authentication.Time, Methods: res.Authentication.Methods})
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		minutes := func(n int, atWork bool) {
			for range n {
				a.Clock.Advance(time.Minute)
				if atWork {
					if _, err := people.Visit(t.Context(), token); err != nil {
						t.Fatal(err)
					}
				}
				err := people.Refresh(t.Context(), func(ctx context.Context, token string) (string, bool, error) {
					calls++
					return app.RefreshBy(s)(ctx, token)
				})
				if err != nil {
					t.Fatal(err)
				}
				a.Periodic(app.JobExpire)
			}
		}
		alive := func() bool {
			_, err := a.Sessions.Get(t.Context(), a.DB, res.Authentication.SessionID)
			return err == nil
		}
		minutes(60, true)
		if !alive() || calls < 10 || calls > 13 {
			t.Fatalf("after an hour at work: alive %v, %d refreshes", alive(), calls)
		}
		calls = 0
		minutes(14, false)
		if calls > 1 {
			t.Errorf("%d refreshes while nobody was at work", calls)
		}
		minutes(10, false)
		if alive() {
			t.Error("the provider's session lives on without anybody at work")
		}
		if n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM citizen_refresh`); n != 0 || err != nil {
			t.Errorf("%d refresh tokens are left, %v", n, err)
		}
	})
}
