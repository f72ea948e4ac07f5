package e2e_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

// onBoth runs a rule over HTTP on both databases.
func onBoth(t *testing.T, o apptest.Options, rule func(t *testing.T, w *world, h *overHTTP)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			t.Parallel()
			o := o
			o.Dialect = dialect
			a := apptest.Start(t, o)
			h := newHTTP(t, a)
			rule(t, &world{a, h, t}, h)
		})
	}
}

const (
	cookieSSO    = "__Host-motcua-id-sso"
	cookiePortal = "__Host-motcua-portal-s"
)

func TestSES02_SessionAtTheProvider(t *testing.T) {
	onBoth(t, apptest.Options{}, func(t *testing.T, w *world, h *overHTTP) {
		planted := strings.Repeat("A", 43)
		plant(t, h.client, cookieSSO, planted)
		w.Open(w.Portal + signInPath)
		asked := requestOf(t, h.page)
		w.enter()
		first := h.client.Cookie(w.ID, cookieSSO)
		if first == planted || first == "" {
			t.Fatal("a session that somebody planted is taken over")
		}
		if raw, err := base64.RawURLEncoding.DecodeString(first); err != nil || len(raw) < 16 {
			t.Errorf("a session id of %d bytes: %v", len(raw), err)
		}
		if n, err := db.Get[int](t.Context(), w.DB, `SELECT count(*) FROM browser_session WHERE id = $1 OR token_digest = $1 OR data = $1`, first); err != nil || n != 0 {
			t.Errorf("the id is stored as it is: %d %v", n, err)
		}
		if !silent(w, h.client) {
			t.Fatal("the session does not answer a second request")
		}
		copied := h.client.Clone()
		q := asked.Query()
		q.Set("prompt", "login")
		w.Open(w.ID + oidcop.PathAuthorize + "?" + q.Encode())
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		w.Fill("ma", w.OTP(person.Phone))
		h.client.Follow = false
		w.Press("Xác nhận")
		second := h.client.Cookie(w.ID, cookieSSO)
		if second == first {
			t.Error("a new authentication keeps the session id")
		}
		if silent(w, copied) {
			t.Error("the former session goes on")
		}
		if !silent(w, h.client) {
			t.Error("the new session does not answer")
		}
		plant(t, copied, cookieSSO, planted)
		if silent(w, copied) {
			t.Error("the planted id is a session now")
		}
	})
}

// plant sets a cookie as another program on the same host could.
func plant(t *testing.T, c *apptest.Client, name, value string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true})
	}))
	defer server.Close()
	address := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	c.Get(address)
	if c.Cookie(address, name) != value {
		t.Fatal("the cookie is not planted")
	}
}

// requestOf returns the authorization request that led to a page.
func requestOf(t *testing.T, p *apptest.Page) *url.URL {
	t.Helper()
	for _, u := range p.Hops {
		if u.Path == oidcop.PathAuthorize {
			return u
		}
	}
	t.Fatalf("no authorization request led to %s: %v", p.URL, p.Hops)
	return nil
}

// silent reports whether the provider answers a new request of the portal for
// this browser without asking anybody.
func silent(w *world, c *apptest.Client) bool {
	w.t.Helper()
	c = c.Clone()
	c.Forget("portal-")
	c.Follow = false
	p := c.Get(c.Get(w.Portal+signInPath).Location().String() + "&prompt=none")
	to := p.Location()
	if to == nil || !strings.HasPrefix(to.String(), w.Portal) {
		w.t.Fatalf("prompt=none: %d to %v", p.Status, to)
	}
	return to.Query().Get("code") != ""
}

// The portal's side: cookies, rotation, and tokens that no browser sees.
func TestRP13_CookiesRotationAndTokens(t *testing.T) {
	onBoth(t, apptest.Options{}, func(t *testing.T, w *world, h *overHTTP) {
		s := &witness{App: w.App, t: t, seen: hoard{}, people: hoard{}}
		w.Faults.Provider(s.overhear)
		plant(t, h.client, cookiePortal, strings.Repeat("A", 43))
		shown := ""
		h.client.Watch = func(p *apptest.Page) {
			for _, c := range (&http.Response{Header: p.Header}).Cookies() {
				if !strings.HasPrefix(c.Name, "__Host-motcua-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
					t.Errorf("%s sets %s", p.URL.Path, c)
				}
				if strings.HasPrefix(c.Name, cookiePortal) && c.Value != "" && p.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s may be stored with its session", p.URL.Path)
				}
			}
			// The hint of a sign-out is what an ID token is shown for.
			if p.URL.Path != oidcop.PathEndSession && (p.Location() == nil || p.Location().Path != oidcop.PathEndSession) {
				shown += p.URL.String() + "\n" + strings.Join(p.Header.Values("Set-Cookie"), "\n") + p.Header.Get("Location") + p.Body
			}
		}
		w.Open(w.Portal + citizenPath)
		w.enter()
		w.See("Trang của tôi")
		first := h.client.Cookie(w.Portal, cookiePortal)
		if first == strings.Repeat("A", 43) || len(first) < 22 {
			t.Errorf("session cookie %q", first)
		}
		old := h.client.Clone()
		w.Press("Đăng xuất")
		w.Open(w.Portal + citizenPath)
		w.enter()
		if second := h.client.Cookie(w.Portal, cookiePortal); second == first {
			t.Error("a new sign-in keeps the session id")
		}
		old.Watch = nil
		if p := old.Get(w.Portal + citizenPath); strings.Contains(p.Text(), person.Name) {
			t.Error("the session goes on after the sign-out")
		}
		for value, what := range s.seen {
			if strings.Contains(shown, value) {
				t.Errorf("the browser was shown the %s", what)
			}
		}
		if n := s.seen.kinds(); n["access token"] < 2 || n["ID token"] < 2 || n["verifier"] < 2 {
			t.Errorf("nothing was overheard: %v", n)
		}
	})
}

func TestOP18_TwoDocumentsSayTheSame(t *testing.T) {
	onBoth(t, apptest.Options{}, func(t *testing.T, w *world, h *overHTTP) {
		openid := h.client.Get(w.ID + "/.well-known/openid-configuration")
		oauth := h.client.Get(w.ID + "/.well-known/oauth-authorization-server")
		if openid.Status != 200 || openid.Body != oauth.Body || !strings.Contains(oauth.Body, `"issuer":"`+w.ID+`"`) {
			t.Errorf("%d %s\n%d %s", openid.Status, openid.Body, oauth.Status, oauth.Body)
		}
		for _, p := range []*apptest.Page{openid, oauth} {
			if p.Header.Get("Content-Type") != "application/json" || p.Header.Get("Cache-Control") != "public, max-age=300" {
				t.Errorf("%s: %v", p.URL.Path, p.Header)
			}
		}
	})
}

func TestSES01_ProviderEndsIdleAndAfterTwelveHours(t *testing.T) {
	onBoth(t, apptest.Options{}, func(t *testing.T, w *world, h *overHTTP) {
		w.Open(w.Portal + signInPath)
		w.enter()
		w.Clock.Advance(14 * time.Minute)
		if !silent(w, h.client) {
			t.Fatal("over after 14 idle minutes")
		}
		w.Clock.Advance(15 * time.Minute)
		if silent(w, h.client) {
			t.Error("alive after 15 idle minutes")
		}
		w.Open(w.Portal + citizenPath)
		w.enter()
		for range 12 * 6 {
			if !silent(w, h.client) {
				t.Fatal("over in spite of its use")
			}
			w.Clock.Advance(10 * time.Minute)
		}
		if silent(w, h.client) {
			t.Error("alive after twelve hours")
		}
	})
}
