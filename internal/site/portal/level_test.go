package portal

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

const demanding = PathSignIn + "?muc=2&ve=%2Ftro-giup"

// asked is the authorization request that a page leads to.
func asked(t *testing.T, a answer) url.Values {
	t.Helper()
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.StatusCode != http.StatusSeeOther || !u.Query().Has("client_id") {
		t.Fatalf("%d to %q", a.StatusCode, a.to())
	}
	return u.Query()
}

// TestRP08_PageDemandsALevel: a person below it is told in plain words what to
// do, stays signed in as before, and may come with another account.
func TestRP08_PageDemandsALevel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		level := 1
		r.op.Person = func(c map[string]any) { c["account_level"] = level }
		b := r.browser()

		a := b.get(demanding)
		asked(t, a)
		a = b.back(r.op.Grant(a.Header.Get("Location")))
		want := PathSignIn + "?can=2&co=1&loi=level&ve=%2Ftro-giup"
		if a.to() != want {
			t.Fatalf("led to %q, want %q", a.to(), want)
		}
		b.mustBe(false)
		page := b.get(want)
		if page.StatusCode != http.StatusForbidden {
			t.Errorf("status %d", page.StatusCode)
		}
		for _, s := range []string{"mức độ 2; tài khoản của bạn đang ở mức độ 1", "Công an xã, phường", "Đăng nhập bằng tài khoản mức độ 2",
			`href="` + PathSignIn + `?lai=1&amp;muc=2&amp;ve=%2Ftro-giup"`} {
			if !strings.Contains(page.body, s) {
				t.Errorf("the page does not say %q", s)
			}
		}
		if r.audited("refused", "level") != 1 {
			t.Error("not in the audit log")
		}

		// Signed in with the low account: told at once, and still signed in.
		b.signIn("/")
		first := b.cookie("s")
		if page := b.get(demanding); page.StatusCode != http.StatusForbidden || !strings.Contains(page.body, "đang ở mức độ 1") {
			t.Errorf("signed in below the level: %d", page.StatusCode)
		}
		b.mustBe(true)

		// Step-up: asked anew, and refused again while the account is low.
		a = b.get(PathSignIn + "?lai=1&muc=2&ve=%2Ftro-giup")
		if q := asked(t, a); q.Get("prompt") != "login" {
			t.Errorf("prompt %q", q.Get("prompt"))
		}
		if a = b.back(r.op.Grant(a.Header.Get("Location"))); a.to() != want {
			t.Errorf("led to %q", a.to())
		}
		b.mustBe(true)

		// With level 2 it ends where it was to end, in a new session.
		level = 2
		a = b.get(PathSignIn + "?lai=1&muc=2&ve=%2Ftro-giup")
		if a = b.back(r.op.Grant(a.Header.Get("Location"))); a.to() != "/tro-giup" {
			t.Errorf("led to %q", a.to())
		}
		if b.cookie("s") == first {
			t.Error("the session is the old one")
		}
		if a := b.get(demanding); a.to() != "/tro-giup" {
			t.Errorf("asked again at level 2: %d to %q", a.StatusCode, a.to())
		}
	})
}

// TestRP08_WhoeverMakesUpAnAddressDemandsMoreAndNeverLess.
func TestRP08_AnAddressCannotLowerTheDemand(t *testing.T) {
	r := newRig(t, dbtest.New(t, db.SQLite), func(p *signin.Provider) { p.MinLevel, p.ACR = "2", map[string]string{"2": "LoA2"} })
	r.op.Person = func(c map[string]any) { c["account_level"] = 1 }
	for _, address := range []string{PathSignIn, PathSignIn + "?muc=1", PathSignIn + "?muc=0", PathSignIn + "?muc=x", PathSignIn + "?muc="} {
		b := r.browser()
		a := b.get(address)
		if q := asked(t, a); q.Get("acr_values") != "LoA2" {
			t.Errorf("%s: acr_values %q", address, q.Get("acr_values"))
		}
		if a = b.back(r.op.Grant(a.Header.Get("Location"))); !strings.Contains(a.to(), "loi=level") {
			t.Errorf("%s: led to %q", address, a.to())
		}
		b.mustBe(false)
	}
}

// TestRP10_FrontChannelLogout ends the session that the provider names, in a
// frame of the provider and of nobody else.
func TestRP10_FrontChannelLogout(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		at := func(iss, sid string) string {
			return PathFrontLogout + "?" + url.Values{"iss": {iss}, "sid": {sid}}.Encode()
		}
		b := r.browser()
		b.signIn("/")
		frame := r.browser() // a foreign frame brings no cookies along
		for name, address := range map[string]string{
			"no parameters":   PathFrontLogout,
			"no sid":          PathFrontLogout + "?iss=" + url.QueryEscape(r.op.Issuer()),
			"no iss":          PathFrontLogout + "?sid=sid-1",
			"iss of another":  at("https://evil.example", "sid-1"),
			"iss and a slash": at(r.op.Issuer()+"/", "sid-1"),
			"sid empty":       at(r.op.Issuer(), ""),
			"sid twice":       at(r.op.Issuer(), "sid-1") + "&sid=sid-1",
			"sid with a NUL":  at(r.op.Issuer(), "sid-1\x00"),
			"sid too long":    at(r.op.Issuer(), strings.Repeat("s", 256)),
			"query too long":  at(r.op.Issuer(), "sid-1") + "&x=" + strings.Repeat("y", 3000),
		} {
			if a := frame.get(address); a.StatusCode != http.StatusBadRequest || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, %q", name, a.StatusCode, a.Header.Get("Cache-Control"))
			}
		}
		if a := frame.get(at(r.op.Issuer(), "sid-of-nobody")); a.StatusCode != http.StatusOK {
			t.Errorf("a session that is not here: %d", a.StatusCode)
		}
		b.mustBe(true)
		if a := frame.do(http.MethodHead, at(r.op.Issuer(), "sid-1")); a.StatusCode == http.StatusOK {
			t.Error("HEAD is answered")
		}
		b.mustBe(true)
		a := frame.get(at(r.op.Issuer(), "sid-1"))
		if a.StatusCode != http.StatusOK || a.body != "" || a.Header.Get("Cache-Control") != "no-store" || len(a.Cookies()) > 0 {
			t.Errorf("%d %q, %q", a.StatusCode, a.body, a.Header.Get("Cache-Control"))
		}
		if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors "+r.op.Issuer()+";") || strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("policy %q", csp)
		}
		b.mustBe(false)
		if csp := b.get("/").Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("a page's policy: %q", csp)
		}
		if strings.Contains(r.log.String(), "sid-1") {
			t.Error("the log holds the session's id")
		}
	})
}

// The halves of the suite's logout modules that are a site's: what a person
// sees when the provider leads back with our state, another one, or none.
func TestConformanceClientRPInitiatedLogout(t *testing.T) {
	for module, c := range map[string]struct {
		state func(sent string) string
		both  bool
	}{
		"oidcc-client-test-rp-init-logout":             {func(s string) string { return "?state=" + s }, true},
		"oidcc-client-test-rp-init-logout-other-state": {func(string) string { return "?state=other" }, false},
		"oidcc-client-test-rp-init-logout-no-state":    {func(string) string { return "" }, false},
	} {
		t.Run(module, func(t *testing.T) {
			r := one(t)
			b := r.browser()
			b.signIn("/")
			a := b.post("/dang-xuat")
			u, err := url.Parse(a.Header.Get("Location"))
			if err != nil || u.Path != "/end_session" {
				t.Fatalf("led to %q", a.to())
			}
			q := u.Query()
			if q.Get("post_logout_redirect_uri") != portalURL+PathSignedOut || !strings.HasPrefix(q.Get("id_token_hint"), "eyJ") || q.Get("state") == "" || q.Get("client_id") != signintest.ClientID {
				t.Errorf("the request is %v", q)
			}
			b.mustBe(false)
			page := b.get(PathSignedOut + c.state(q.Get("state")))
			if page.StatusCode != http.StatusOK || strings.Contains(page.body, "đều đã kết thúc") != c.both {
				t.Errorf("%d; says that both have ended: %v", page.StatusCode, !c.both)
			}
		})
	}
}

func TestConformanceClientFrontChannelLogout(t *testing.T) {
	t.Run("oidcc-client-test-rp-frontchannel-rpinitlogout", func(t *testing.T) {
		r := one(t)
		b, other := r.browser(), r.browser()
		b.signIn("/")
		other.signIn("/") // the same session of the provider, another browser of ours
		if a := r.browser().get(PathFrontLogout + "?iss=" + url.QueryEscape(r.op.Issuer()) + "&sid=sid-1"); a.StatusCode != http.StatusOK {
			t.Fatalf("%d", a.StatusCode)
		}
		b.mustBe(false)
		other.mustBe(false)
	})
}
