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

func TestRP02_HeadDoesNotUseTheAnswerUp(t *testing.T) {
	r := one(t)
	b := r.browser()
	address := b.get(PathSignIn).Header.Get("Location")
	q := r.op.Grant(address)
	if a := b.do(http.MethodHead, PathCallback+"?"+q.Encode()); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", a.StatusCode)
	}
	if a := b.back(q); a.StatusCode != http.StatusSeeOther || b.cookie("s") == "" {
		t.Errorf("GET after it: %d", a.StatusCode)
	}
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
