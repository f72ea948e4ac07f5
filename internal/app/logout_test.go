package app_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/app"
	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

const citizenPage = "/dich-vu-cong/cong-dan"

// signedIn is a browser in which the person is signed in at the portal.
func signedIn(t *testing.T, a *apptest.App, person demo.Person) *apptest.Client {
	t.Helper()
	c := a.NewClient(t)
	page := c.Get(a.Portal + citizenPage)
	page = c.Submit(page.FindForm("/dang-nhap"), "ten", person.Number, "mk", demo.CitizenPassword)
	page = c.Submit(page.FindForm("/ma-otp"), "ma", a.OTP(person.Phone))
	if !strings.HasPrefix(page.URL.String(), a.Portal) || !strings.Contains(page.Text(), person.Name) {
		t.Fatalf("the code led to %s (%d):\n%s", page.URL, page.Status, page.Text())
	}
	return c
}

// atPortal tells whether the browser's session at the portal lives.
func atPortal(a *apptest.App, c *apptest.Client) bool {
	c.Follow = false
	defer func() { c.Follow = true }()
	return c.Get(a.Portal+citizenPage).Status == http.StatusOK
}

// What is done at the provider, also from the console, reaches the portal as
// soon as the due jobs have run.
func TestOP14_RP09_PortalSessionEndsWithTheProviders(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person, other := demo.Citizens[0], demo.Citizens[1]
		bystander := signedIn(t, a, other)
		console := audit.Ref{Kind: "console", ID: "test"}
		for name, end := range map[string]func(c *apptest.Client) error{
			"lock": func(*apptest.Client) error {
				return errors.Join(a.People.Lock(t.Context(), console, person.Number), a.People.Unlock(t.Context(), console, person.Number))
			},
			"sign-out at the id site": func(c *apptest.Client) error {
				page := c.Get(a.ID + "/end_session")
				c.Submit(page.FindForm("/end_session"), "xac-nhan", "1")
				return nil
			},
			"absolute end": func(c *apptest.Client) error {
				for range 12 * 6 {
					a.Clock.Advance(10 * time.Minute)
					a.Periodic(app.JobExpire)
					a.Drain()
					if !atPortal(a, c) {
						return nil
					}
					atPortal(a, bystander)
				}
				return errors.New("the session outlived the provider's")
			},
		} {
			a.Clock.Advance(2 * time.Minute) // between one SMS and the next
			c := signedIn(t, a, person)
			if name == "absolute end" {
				began := a.Clock.Now()
				if err := end(c); err != nil {
					t.Error(err)
				}
				// A person at work is not signed out because the provider hears
				// nothing of them.
				if lived := a.Clock.Now().Sub(began); lived < 11*time.Hour {
					t.Errorf("%s: signed out after %v of work", name, lived)
				}
				bystander = signedIn(t, a, other)
				continue
			}
			if err := end(c); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			a.Drain()
			if atPortal(a, c) {
				t.Errorf("%s: the portal's session lives", name)
			}
			if !atPortal(a, bystander) {
				t.Errorf("%s: somebody else was signed out", name)
			}
		}
		c := signedIn(t, a, person)
		if _, err := a.People.Reset(t.Context(), console, person.Number); err != nil {
			t.Fatal(err)
		}
		a.Drain()
		if atPortal(a, c) {
			t.Error("password reset: the portal's session lives")
		}
		if !atPortal(a, bystander) {
			t.Error("password reset: somebody else was signed out")
		}
		list, err := a.Provider.Deliveries(t.Context(), "")
		if err != nil || len(list) < 4 {
			t.Fatalf("%d deliveries, %v", len(list), err)
		}
		for _, d := range list {
			if d.State != oidcop.LogoutDelivered || d.Attempts != 1 || d.ClientID != "portal" {
				t.Errorf("%+v", d)
			}
		}
		if err := a.Registry.CheckArgs(); err != nil {
			t.Error(err)
		}
		if strings.Contains(a.Log.String(), "eyJ") {
			t.Error("a token stands in the log")
		}
	})
}

// The door for the provider stands open to other origins, and is the only one;
// what comes in without the provider's signature ends nothing.
func TestRP09_AddressesOfPortalAndOffice(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	post := func(address string) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(url.Values{"logout_token": {"a.b.c"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "https://khac.example")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	for _, site := range []string{a.Portal, a.Office} {
		resp := post(site + "/oidc/backchannel-logout")
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Cache-Control") != "no-store" || len(resp.Cookies()) != 0 {
			t.Errorf("%s: %d %q", site, resp.StatusCode, resp.Header.Get("Cache-Control"))
		}
		for _, near := range []string{"/oidc/backchannel-logout/", "/oidc/backchannel-logout/x", "/dang-xuat", "/hethong/dang-xuat", "/"} {
			if resp := post(site + near); resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s%s from another origin: %d", site, near, resp.StatusCode)
			}
		}
	}
}
