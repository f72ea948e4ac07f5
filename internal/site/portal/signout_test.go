package portal

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/signin/signintest"
)

func TestRP11_SignOut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.browser()
		b.signIn("/")
		session := *b.cookies["__Host-motcua-portal-s"]
		r.clk.Advance(time.Minute)

		// When the provider is asked, our own session is over already.
		discovery := false
		r.op.Metadata = func(map[string]any) {
			thief := r.browser()
			thief.cookies[session.Name] = &session
			thief.mustBe(false)
			discovery = true
		}
		a := b.post("/dang-xuat")
		r.op.Metadata = nil
		if !discovery || !strings.HasPrefix(a.to(), r.op.Issuer()+"/end_session?") {
			t.Fatalf("%d to %q", a.StatusCode, a.to())
		}
		q := query(t, a.to())
		if strings.Count(q.Get("id_token_hint"), ".") != 2 || q.Get("post_logout_redirect_uri") != portalURL+PathSignedOut ||
			q.Get("client_id") != signintest.ClientID || len(q.Get("state")) < 16 || q.Get("ui_locales") != "vi" {
			t.Errorf("end_session with %v", q)
		}
		b.mustBe(false)
		if b.cookie("s") != "" {
			t.Error("the session's cookie stays")
		}

		t.Run("the page says what is over", func(t *testing.T) {
			both := b.get(PathSignedOut + "?state=" + url.QueryEscape(q.Get("state")))
			if both.StatusCode != 200 || !strings.Contains(both.body, "đều đã kết thúc") {
				t.Errorf("%d, %v", both.StatusCode, both.to())
			}
			for _, state := range []string{"", "?state=", "?state=guessed"} {
				if alone := b.get(PathSignedOut + state); !strings.Contains(alone.body, "chưa liên lạc được") {
					t.Errorf("%q claims that the provider's session is over", state)
				}
			}
		})
		t.Run("back button", func(t *testing.T) {
			b.cookies[session.Name] = &session
			b.mustBe(false)
			delete(b.cookies, session.Name)
		})
		t.Run("the next sign-in demands a fresh authentication", func(t *testing.T) {
			address := b.begin("/tro-giup")
			if got := query(t, address).Get("prompt"); got != "login" {
				t.Errorf("prompt = %q", got)
			}
			old := r.clk.Now().Add(-2 * time.Minute)
			r.op.AuthTime = func() time.Time { return old }
			if a := b.back(r.op.Grant(address)); !strings.Contains(a.to(), "loi=wrong_answer") {
				t.Errorf("an old authentication leads to %q", a.to())
			}
			b.mustBe(false)
			// The demand lasts until it is met.
			address = b.begin("/tro-giup")
			if got := query(t, address).Get("prompt"); got != "login" {
				t.Errorf("prompt = %q the second time", got)
			}
			r.op.AuthTime = r.clk.Now
			b.back(r.op.Grant(address))
			b.mustBe(true)
			if b.cookie("lo") != "" {
				t.Error("the marker outlived a sign-in")
			}
			if a := b.get(PathSignedOut); a.to() != "/" {
				t.Errorf("the old page leads to %q", a.to())
			}
		})
	})
}

func TestRP11_SignOutWithoutProvider(t *testing.T) {
	for name, trouble := range map[string]func(*rig){
		"down":           func(r *rig) { r.op.Stop() },
		"slow":           func(r *rig) { r.op.Answer("discovery", signintest.Hang) },
		"firewall":       func(r *rig) { r.op.Answer("discovery", signintest.Fixed(200, "text/html", "<html>")) },
		"knows no place": func(r *rig) { r.op.Metadata = func(m map[string]any) { delete(m, "end_session_endpoint") } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			if name == "slow" {
				r = impatient(t)
			}
			b := r.browser()
			b.signIn("/")
			trouble(r)
			a := b.post("/dang-xuat")
			to, says := PathSignedOut, "chưa liên lạc được"
			if name == "knows no place" {
				to, says = PathSignedOut+"?"+onlyHere, "không có chỗ để Cổng kết thúc phiên"
			}
			if a.StatusCode != http.StatusSeeOther || a.to() != to {
				t.Fatalf("%d to %q", a.StatusCode, a.to())
			}
			b.mustBe(false)
			if page := b.get(a.to()); !strings.Contains(page.body, says) {
				t.Errorf("the page does not say %q", says)
			}
			if b.cookie("lo") == "" {
				t.Error("no marker")
			}
		})
	}
	t.Run("the next sign-in still demands a fresh authentication", func(t *testing.T) {
		r := one(t)
		b := r.browser()
		b.signIn("/")
		r.op.Answer("discovery", signintest.Fixed(503, "text/plain", "x"))
		b.post("/dang-xuat")
		r.op.Answer("discovery", nil)
		if got := query(t, b.begin("/")).Get("prompt"); got != "login" {
			t.Errorf("prompt = %q", got)
		}
	})
}

func TestRP11_SignOutTwiceAndFromElsewhere(t *testing.T) {
	r := one(t)
	b := r.browser()
	b.signIn("/")
	b.foreign = true
	if a := b.post("/dang-xuat"); a.StatusCode != http.StatusForbidden {
		t.Errorf("another origin signs out: %d", a.StatusCode)
	}
	b.foreign = false
	b.mustBe(true)
	if a := b.get("/dang-xuat"); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.StatusCode)
	}
	b.mustBe(true)

	b.post("/dang-xuat")
	a := b.post("/dang-xuat") // in another tab
	if a.to() != PathSignedOut {
		t.Errorf("second sign-out leads to %q", a.to())
	}
	if page := b.get(a.to()); page.StatusCode != http.StatusOK || !strings.Contains(page.body, "chưa liên lạc được") {
		t.Errorf("%d, or it claims what it does not know", page.StatusCode)
	}
	if got := query(t, b.begin("/")).Get("prompt"); got != "login" {
		t.Errorf("prompt = %q", got)
	}
	b.back(r.op.Grant(b.begin("/")))
	r.clk.Advance(15 * time.Minute) // the session ends by itself
	if a := b.post("/dang-xuat"); !strings.HasPrefix(a.to(), PathSignedOut+"?state=") {
		t.Errorf("sign-out after the end leads to %q", a.to())
	}
	if got := query(t, b.begin("/")).Get("prompt"); got != "login" {
		t.Errorf("prompt = %q", got)
	}
	if a := r.browser().get(PathSignedOut + "?state=x"); a.to() != "/" {
		t.Errorf("one who never signed out is led to %q", a.to())
	}
}

func TestRP11_Marker(t *testing.T) {
	r := one(t)
	for value, prompt := range map[string]string{
		"nonsense": "login", "-5.x": "login", "99999999999999.x": "login", "99999999999999999999999.x": "login", "0": "login",
	} {
		b := r.browser()
		b.cookies["__Host-motcua-portal-lo"] = &http.Cookie{Name: "__Host-motcua-portal-lo", Value: value}
		address := b.begin("/")
		if got := query(t, address).Get("prompt"); got != prompt {
			t.Errorf("marker %q: prompt = %q", value, got)
		}
		b.back(r.op.Grant(address))
		b.mustBe(true)
	}
}
