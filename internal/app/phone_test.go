package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
	"motcua/internal/demo"
)

// pcPage is a sign-in page with its QR panel.
type pcPage struct {
	*apptest.Client
	app     *apptest.App
	request string
}

func openPage(t *testing.T, a *apptest.App) *pcPage {
	t.Helper()
	c := a.NewClient(t)
	page := c.Get(a.Portal + "/dich-vu-cong/cong-dan")
	id := page.URL.Query().Get("yc")
	if id == "" {
		t.Fatalf("no sign-in page: %s", page.URL)
	}
	return &pcPage{c, a, id}
}

// post is what the panel's script posts.
func (p *pcPage) post(path string) *apptest.Page {
	p.Follow = false
	defer func() { p.Follow = true }()
	return p.PostForm(p.app.ID+path, url.Values{"yc": {p.request}})
}

func (p *pcPage) poll() apptest.Answer { return p.Get(p.app.ID + "/qr?yc=" + p.request).JSON() }

// text is what the picture on the page says.
func (p *pcPage) text(t *testing.T) string {
	t.Helper()
	v, err := p.app.People.QR(t.Context(), p.request, p.Cookie(p.app.ID, "__Host-motcua-id-b"))
	if err != nil {
		t.Fatal(err)
	}
	return v.Text
}

func activated(t *testing.T, a *apptest.App) *apptest.Phone {
	t.Helper()
	p := a.NewPhone(t)
	person := demo.Citizens[0]
	if step := p.Enter(person.Number, demo.CitizenPassword, person.Phone); step != "enrol" {
		t.Fatalf("after the code: %q", step)
	}
	p.Activate()
	return p
}

// TestSignInByQR walks the second way of the guide once, on both engines.
func TestSignInByQR(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person := demo.Citizens[0]
		phone := activated(t, a)
		me := phone.Ask("toi", nil)
		if me.Body["signed"] != true || me.Text("name") != person.Name || me.Text("tail") != "1258" || me.Text("phone") != "678" {
			t.Fatalf("toi: %v", me.Body)
		}
		pc := openPage(t, a)
		if got := pc.poll(); got.Status != http.StatusNotFound {
			t.Fatalf("a GET made an attempt: %v", got.Body)
		}
		made := pc.post("/qr").JSON()
		if made.Text("state") != "waiting" || !strings.HasPrefix(made.Text("svg"), "<svg") || len(made.Text("code")) != 9 {
			t.Fatalf("made: %v", made.Body)
		}
		scanned := phone.Ask("quet", map[string]string{"text": pc.text(t)})
		for name, want := range map[string]string{"service": "Cổng Dịch vụ công tỉnh Hưng Yên", "host": strings.TrimPrefix(a.Portal, "http://"),
			"place": "Cùng mạng với điện thoại này"} {
			if scanned.Text(name) != want {
				t.Errorf("%s: %q, want %q", name, scanned.Text(name), want)
			}
		}
		seen := pc.poll()
		if seen.Text("state") != "scanned" || seen.Text("number") == "" || seen.Text("svg") != "" {
			t.Fatalf("scanned: %v", seen.Body)
		}
		if got := phone.Approve(scanned, seen.Text("number"), apptest.Passcode, ""); got.Status != http.StatusOK {
			t.Fatalf("approve: %d %v", got.Status, got.Body)
		}
		if got := pc.poll(); got.Text("state") != "approved" {
			t.Fatalf("approved: %v", got.Body)
		}
		page := pc.PostForm(a.ID+"/qr/xong", url.Values{"yc": {pc.request}})
		if !strings.HasPrefix(page.URL.String(), a.Portal) || !strings.Contains(page.Text(), person.Name) {
			t.Fatalf("led to %s (%d):\n%s", page.URL, page.Status, page.Text())
		}
		if got := pc.poll(); got.Text("state") != "over" {
			t.Errorf("afterwards: %v", got.Body)
		}
		a.Drain()
		notice := a.Inbox.List(person.Phone)[0].Text
		if !strings.Contains(notice, a.ID+"/k/") {
			t.Errorf("the owner was told: %q", notice)
		}
		if err := a.Registry.CheckArgs(); err != nil {
			t.Error(err)
		}
	})
}
