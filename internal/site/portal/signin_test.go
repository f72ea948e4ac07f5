package portal

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

func TestRP13_SessionCookieAndTokens(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.browser()
		address := b.begin("/tro-giup?a=b")
		before := b.cookie("tx")
		q := r.op.Grant(address)
		a := b.back(q)
		if a.StatusCode != http.StatusSeeOther || a.to() != "/tro-giup?a=b" {
			t.Fatalf("%d to %q", a.StatusCode, a.to())
		}
		for _, c := range a.Cookies() {
			if !strings.HasPrefix(c.Name, "__Host-motcua-portal-") || !c.Secure || !c.HttpOnly || c.Path != "/" ||
				c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
				t.Errorf("cookie %s", c.String())
			}
		}
		first := b.cookie("s")
		if len(first) < 43 || first == before {
			t.Errorf("session cookie %q", first)
		}
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control %q", a.Header.Get("Cache-Control"))
		}

		t.Run("tokens stay on the server", func(t *testing.T) {
			page := b.get(pathCitizen)
			for name, c := range b.cookies {
				if strings.HasPrefix(c.Value, "eyJ") || strings.Contains(c.Value, "access-") {
					t.Errorf("cookie %s holds a token", name)
				}
			}
			for _, secret := range []string{"eyJ", "access-", q.Get("code"), q.Get("state")} {
				if strings.Contains(page.body, secret) || strings.Contains(r.log.String(), secret) {
					t.Errorf("%q stands on the page or in the log", secret)
				}
			}
		})
		t.Run("a page of one's own is kept nowhere", func(t *testing.T) {
			if got := b.get(pathCitizen).Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q", got)
			}
		})
		t.Run("the session is new after each sign-in and the former ends", func(t *testing.T) {
			// A second tab that was at the provider's page meanwhile.
			other := r.browser()
			other.cookies = map[string]*http.Cookie{}
			late := other.begin("/")
			for name, c := range b.cookies {
				if name == "__Host-motcua-portal-s" {
					other.cookies[name] = c
				}
			}
			other.back(r.op.Grant(late))
			other.mustBe(true)
			if other.cookie("s") == first {
				t.Error("the session did not change")
			}
			b.mustBe(false)
		})
		t.Run("a session planted before is not kept", func(t *testing.T) {
			b := r.browser()
			planted := strings.Repeat("A", 43)
			b.cookies["__Host-motcua-portal-s"] = &http.Cookie{Name: "__Host-motcua-portal-s", Value: planted}
			b.signIn("/")
			if b.cookie("s") == planted {
				t.Error("kept")
			}
		})
	})
}

func TestRP02_CallbackOfAnotherBrowser(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		victim, attacker := r.browser(), r.browser()
		victim.begin("/")
		// The attacker's own answer, sent to the victim as a link.
		a := victim.back(r.op.Grant(attacker.begin("/bi-mat")))
		if a.to() != PathSignIn+"?loi=wrong_browser" {
			t.Errorf("leads to %q", a.to())
		}
		victim.mustBe(false)
		page := victim.get(a.to())
		if !strings.Contains(page.body, "trình duyệt khác") || strings.Contains(page.body, "bi-mat") {
			t.Error("the page does not say so, or tells the other's path")
		}
		if r.audited("refused", "browser") != 1 {
			t.Error("not audited")
		}

		// The same to one who is signed in changes nothing.
		victim.signIn("/")
		session := victim.cookie("s")
		a = victim.back(r.op.Grant(attacker.begin("/bi-mat")))
		if a.to() != pathCitizen || victim.cookie("s") != session {
			t.Errorf("leads to %q", a.to())
		}
	})
}

func TestSES05_NeverADeadEnd(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		t.Run("many tabs", func(t *testing.T) {
			b := r.browser()
			one, two := b.begin("/tro-giup"), b.begin("/bao-ve-du-lieu")
			if a := b.back(r.op.Grant(two)); a.to() != "/bao-ve-du-lieu" {
				t.Errorf("second tab leads to %q", a.to())
			}
			if a := b.back(r.op.Grant(one)); a.to() != "/tro-giup" {
				t.Errorf("first tab leads to %q", a.to())
			}
			b.mustBe(true)
		})
		t.Run("back button into a finished sign-in", func(t *testing.T) {
			b := r.browser()
			q := r.op.Grant(b.begin("/tro-giup?x=1"))
			b.back(q)
			session := b.cookie("s")
			if a := b.back(q); a.to() != "/tro-giup?x=1" || b.cookie("s") != session {
				t.Errorf("leads to %q", a.to())
			}
			b.post("/dang-xuat")
			a := b.back(q)
			if want := PathSignIn + "?loi=replayed&ve=" + url.QueryEscape("/tro-giup?x=1"); a.to() != want {
				t.Errorf("signed out, it leads to %q, want %q", a.to(), want)
			}
			if page := b.get(a.to()); page.StatusCode != 200 || !strings.Contains(page.body, url.QueryEscape("/tro-giup?x=1")) {
				t.Errorf("%d, or no way on", page.StatusCode)
			}
			b.mustBe(false)
		})
		t.Run("an expired sign-in begins again by itself, once", func(t *testing.T) {
			b := r.browser()
			q := r.op.Grant(b.begin("/tro-giup?x=2"))
			r.clk.Advance(signin.TransactionLife)
			a := b.back(q)
			if !strings.HasPrefix(a.to(), r.op.Issuer()+"/authorize?") {
				t.Fatalf("leads to %q", a.to())
			}
			if a := b.back(r.op.Grant(a.to())); a.to() != "/tro-giup?x=2" {
				t.Errorf("ends at %q", a.to())
			}
			b.mustBe(true)

			b = r.browser()
			q = r.op.Grant(b.begin("/tro-giup?x=3"))
			r.clk.Advance(signin.TransactionLife)
			q = r.op.Grant(b.back(q).to())
			r.clk.Advance(signin.TransactionLife)
			a = b.back(q)
			if want := PathSignIn + "?loi=expired&ve=" + url.QueryEscape("/tro-giup?x=3"); a.to() != want {
				t.Fatalf("second time leads to %q, want %q", a.to(), want)
			}
			if page := b.get(a.to()); !strings.Contains(page.body, "quá thời gian") {
				t.Error("the page does not say so")
			}
		})
		t.Run("an expired sign-in while the provider is down", func(t *testing.T) {
			b := r.browser()
			q := r.op.Grant(b.begin("/tro-giup"))
			r.clk.Advance(signin.TransactionLife)
			r.op.Answer("discovery", signintest.Fixed(503, "text/html", "x"))
			defer r.op.Answer("discovery", nil)
			if a := b.back(q); a.to() != PathSignIn+"?loi=down&ve=%2Ftro-giup" {
				t.Errorf("leads to %q", a.to())
			}
		})
		t.Run("sign-in when signed in", func(t *testing.T) {
			b := r.browser()
			b.signIn("/")
			for target, want := range map[string]string{
				PathSignIn: pathCitizen, PathSignIn + "?ve=/tro-giup": "/tro-giup",
				PathSignIn + "?loi=cancelled&ve=/tro-giup": "/tro-giup", PathSignIn + "?ve=//evil.example": "/",
			} {
				if a := b.get(target); a.to() != want {
					t.Errorf("%s leads to %q, want %q", target, a.to(), want)
				}
			}
		})
		t.Run("an unknown answer", func(t *testing.T) {
			b := r.browser()
			before, err := db.Get[int](t.Context(), r.db, `SELECT COUNT(*) FROM audit_record`)
			if err != nil {
				t.Fatal(err)
			}
			for query, want := range map[string]string{
				"": "wrong_answer", "state=abc&code=1": "expired", "state=" + signin.NewBrowserToken() + "&code=1": "expired",
			} {
				if a := b.get(PathCallback + "?" + query); a.to() != PathSignIn+"?loi="+want {
					t.Errorf("%q leads to %q", query, a.to())
				}
			}
			after, _ := db.Get[int](t.Context(), r.db, `SELECT COUNT(*) FROM audit_record`)
			if after != before {
				t.Error("anybody can fill the audit log")
			}
		})
	})
}

func TestRP12_TroublePage(t *testing.T) {
	deny := func(code string) func(*rig, url.Values) {
		return func(_ *rig, q url.Values) { q.Del("code"); q.Set("error", code) }
	}
	answer := func(endpoint string, h http.HandlerFunc) func(*rig, url.Values) {
		return func(r *rig, _ url.Values) { r.op.Answer(endpoint, h) }
	}
	waf := signintest.Fixed(200, "text/html", "<html>Request Rejected</html>")
	for _, c := range []struct {
		name    string
		between func(*rig, url.Values)
		kind    string
		status  int
		says    string
	}{
		{"cancelled", deny("access_denied"), "cancelled", 200, "Bạn đã dừng đăng nhập"},
		{"refused", deny("login_required"), "refused", 200, "không chấp nhận lần đăng nhập này"},
		{"provider's fault", deny("server_error"), "down", 503, "Chưa kết nối được"},
		{"down", answer("token", signintest.Fixed(502, "text/html", "x")), "down", 503, "Chưa kết nối được"},
		{"slow", answer("token", signintest.Hang), "slow", 504, "trả lời quá chậm"},
		{"firewall page", answer("userinfo", waf), "wrong_answer", 502, "chưa xác nhận được kết quả"},
		{"mix-up", func(_ *rig, q url.Values) { q.Set("iss", "https://evil.example") }, "mix_up", 200, "chưa xác nhận được kết quả"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			if c.kind == "slow" {
				r = impatient(t)
			}
			b := r.browser()
			const path = "/tro-giup?trang=2"
			q := r.op.Grant(b.begin(path))
			c.between(r, q)
			a := b.back(q)
			if want := PathSignIn + "?loi=" + c.kind + "&ve=" + url.QueryEscape(path); a.to() != want {
				t.Fatalf("leads to %q, want %q", a.to(), want)
			}
			b.mustBe(false)
			page := b.get(a.to())
			if page.StatusCode != c.status || !strings.Contains(page.body, c.says) {
				t.Errorf("%d, want %d with %q", page.StatusCode, c.status, c.says)
			}
			if !strings.Contains(page.body, PathSignIn+"?ve="+url.QueryEscape(path)) {
				t.Error("the retry lost the way back")
			}
			if again := b.get(a.to()); again.StatusCode != c.status {
				t.Errorf("reloading gives %d", again.StatusCode)
			}
			// Tried again when all is well, it ends where it was to end.
			for _, endpoint := range []string{"discovery", "token", "userinfo"} {
				r.op.Answer(endpoint, nil)
			}
			b.signIn(path)
		})
	}

	for kind, c := range map[string]struct {
		h      http.HandlerFunc
		status int
		reason string
	}{
		"slow":         {signintest.Hang, 504, "discovery_timeout"},
		"down":         {signintest.Fixed(500, "text/plain", "x"), 503, "discovery_status_500"},
		"wrong answer": {waf, 502, "discovery_not_json"},
		"gone":         {nil, 503, "discovery_unreachable"},
	} {
		t.Run("at the start: "+kind, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			if kind == "slow" {
				r = impatient(t)
			}
			if c.h == nil {
				r.op.Stop()
			}
			r.op.Answer("discovery", c.h)
			a := r.browser().get(PathSignIn + "?ve=/tro-giup%3Fx%3D1")
			if a.StatusCode != c.status || !strings.Contains(a.body, url.QueryEscape("/tro-giup?x=1")) {
				t.Errorf("%d, or the way back is lost", a.StatusCode)
			}
			if n := r.audited("error", c.reason) + r.audited("refused", c.reason); n != 1 {
				t.Errorf("audited %d times", n)
			}
		})
	}

	t.Run("an address may not claim what only the portal knows", func(t *testing.T) {
		b := one(t).browser()
		for _, claim := range []string{"locked", "level", "x", ""} {
			if a := b.get(PathSignIn + "?loi=" + claim); a.StatusCode != http.StatusSeeOther {
				t.Errorf("loi=%s: %d", claim, a.StatusCode)
			}
		}
	})

	t.Run("return paths stay on this site", func(t *testing.T) {
		b := one(t).browser()
		for _, path := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "/\t/evil.example", "javascript:alert(1)"} {
			if a := b.back(b.op.Grant(b.begin(path))); a.to() != "/" {
				t.Errorf("%q leads to %q", path, a.to())
			}
			b.post("/dang-xuat")
			r := b.rig
			b = r.browser()
			if a := b.get(PathSignIn + "?loi=down&ve=" + url.QueryEscape(path)); strings.Contains(a.body, "evil") || strings.Contains(a.body, "javascript:") {
				t.Errorf("%q stands on the page", path)
			}
		}
	})

	t.Run("the language can be changed on it", func(t *testing.T) {
		b := one(t).browser()
		a := b.get(PathSignIn + "?loi=cancelled&ve=/tro-giup")
		want := strings.ToLower(url.QueryEscape(PathSignIn + "?loi=cancelled&ve=%2Ftro-giup"))
		if !strings.Contains(strings.ToLower(a.body), want) {
			t.Errorf("no link back to %s", want)
		}
	})
}

func TestRP02_LanguageTravelsBothWays(t *testing.T) {
	r := one(t)
	b := r.browser()
	if got := query(t, b.begin("/")).Get("ui_locales"); got != "vi" {
		t.Errorf("ui_locales = %q", got)
	}
	b.get("/ngon-ngu?lang=en&ve=/")
	address := b.begin("/")
	if got := query(t, address).Get("ui_locales"); got != "en" {
		t.Errorf("ui_locales = %q", got)
	}
	q := r.op.Grant(address)
	q.Set("ui_locales", "vi")
	b.back(q)
	if a := b.get("/"); a.Header.Get("Content-Language") != "vi" {
		t.Errorf("language %q after the provider's was chosen", a.Header.Get("Content-Language"))
	}
}

func TestSES01_Continue(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.browser()
		b.signIn("/")
		r.clk.Advance(13 * time.Minute)
		b.accept = "application/json"
		if a := b.post("/phien/tiep-tuc"); a.StatusCode != 200 || strings.TrimSpace(a.body) != `{"left":900}` {
			t.Errorf("%d %s", a.StatusCode, a.body)
		}
		b.accept, b.referer = "text/html", portalURL+"/tro-giup?a=1"
		if a := b.post("/phien/tiep-tuc"); a.StatusCode != 303 || a.to() != "/tro-giup?a=1" {
			t.Errorf("%d to %q", a.StatusCode, a.to())
		}
		b.referer = "http://evil.example/x"
		if a := b.post("/phien/tiep-tuc"); a.to() != pathCitizen {
			t.Errorf("leads to %q", a.to())
		}
		if page := b.get(pathCitizen); !strings.Contains(page.body, `data-con="900"`) {
			t.Error("the page does not know how long the session lives")
		}
		r.clk.Advance(15 * time.Minute)
		b.accept = "application/json"
		if a := b.post("/phien/tiep-tuc"); a.StatusCode != 401 {
			t.Errorf("after the end: %d", a.StatusCode)
		}
		b.accept, b.referer = "text/html", portalURL+"/tro-giup"
		if a := b.post("/phien/tiep-tuc"); a.to() != PathSignIn+"?ve=%2Ftro-giup" {
			t.Errorf("after the end it leads to %q", a.to())
		}
		b.mustBe(false)
	})
}
