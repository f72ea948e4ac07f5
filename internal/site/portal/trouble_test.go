package portal

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/signin/signintest"
)

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
