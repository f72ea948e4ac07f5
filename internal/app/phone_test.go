package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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

func openPage(t testing.TB, a *apptest.App) *pcPage {
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

// scanned brings a page and a phone to the question.
func scanned(t *testing.T, pc *pcPage, phone *apptest.Phone) (apptest.Answer, string) {
	t.Helper()
	pc.post("/qr")
	return phone.Ask("quet", map[string]string{"text": pc.text(t)}), pc.poll().Text("number")
}

func TestQR11_ServerEndsTheAppAMinuteAfterTheApproval(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	phone := activated(t, a)
	s, number := scanned(t, openPage(t, a), phone)
	if got := phone.Approve(s, number, "", ""); got.Status != http.StatusOK || got.Text("service") != "Cổng Dịch vụ công tỉnh Hưng Yên" {
		t.Fatalf("approve: %v", got.Body)
	}
	a.Clock.Advance(59 * time.Second)
	if me := phone.Ask("toi", nil); me.Body["signed"] != true {
		t.Errorf("59 s later: %v", me.Body)
	}
	a.Clock.Advance(time.Second)
	if me := phone.Ask("toi", nil); me.Body["signed"] != false || me.Text("name") != "" {
		t.Errorf("60 s later: %v", me.Body)
	}
	if got := phone.Call("lich-su", nil); got.Text("error") != "not_signed" || got.Status != http.StatusUnauthorized {
		t.Errorf("history 60 s later: %d %v", got.Status, got.Body)
	}
	if got := phone.Open(apptest.Passcode); got.Status != http.StatusOK {
		t.Errorf("the activation went too: %v", got.Body)
	}
	phone.Ask("dong", struct{}{})
	if me := phone.Ask("toi", nil); me.Body["signed"] != false {
		t.Errorf("after Đóng: %v", me.Body)
	}
}

func TestQR11_AppCookieSignsNobodyInAtAuthorize(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	phone := activated(t, a)
	page := phone.Get(a.Portal + "/dich-vu-cong/cong-dan")
	if page.URL.Path != "/dang-nhap" {
		t.Errorf("with the app's session the portal leads to %s", page.URL)
	}
	// Nor under the name of the other cookie.
	thief := a.NewClient(t)
	page = thief.Get(a.Portal + "/dich-vu-cong/cong-dan")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page.Hops[len(page.Hops)-1].String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "__Host-motcua-id-sso", Value: phone.Cookie(a.ID, "__Host-motcua-id-a")})
	if got := a.NewClient(t).Do(r); got.Location() == nil || got.Location().Path != "/dang-nhap" {
		t.Errorf("the app's token as the other cookie: %d %v", got.Status, got.Location())
	}
}

func TestQR09_SameBrowserOnThePhone(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	phone := activated(t, a)
	phone.Get(a.Portal + "/dich-vu-cong/cong-dan")
	page := phone.Get(a.Portal + "/dich-vu-cong/cong-dan")
	id := page.URL.Query().Get("yc")
	elsewhere := openPage(t, a)
	if got := phone.Call("cung-may", map[string]string{"yc": elsewhere.request}); got.Text("error") != "over" {
		t.Errorf("another browser's page: %d %v", got.Status, got.Body)
	}
	s := phone.Ask("cung-may", map[string]string{"yc": id})
	if s.Body["numbers"] != nil || s.Body["otp"] != false {
		t.Errorf("shown: %v", s.Body)
	}
	if got := phone.Approve(s, "", "", ""); got.Status != http.StatusOK {
		t.Fatalf("approve: %v", got.Body)
	}
	phone.Get(a.ID + "/dang-nhap?yc=" + id)
	page = phone.PostForm(a.ID+"/qr/xong", url.Values{"yc": {id}})
	if !strings.HasPrefix(page.URL.String(), a.Portal) || !strings.Contains(page.Text(), demo.Citizens[0].Name) {
		t.Errorf("led to %s (%d)", page.URL, page.Status)
	}
}

func TestQR13_TypedCodeOverHTTP(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	phone := activated(t, a)
	pc := openPage(t, a)
	code := pc.post("/qr").JSON().Text("code")
	if got := phone.Call("ma9", map[string]string{"ma": "000000000"}); got.Text("error") != "unknown_code" || got.Body["left"] != 4.0 {
		t.Errorf("unknown code: %v", got.Body)
	}
	s := phone.Ask("ma9", map[string]string{"ma": code})
	if s.Body["otp"] != true {
		t.Errorf("no SMS code is asked for: %v", s.Body)
	}
	number := pc.poll().Text("number")
	if got := phone.Approve(s, number, "", "000000"); got.Text("error") != "wrong_otp" || got.Body["left"] != 4.0 {
		t.Errorf("wrong SMS code: %v", got.Body)
	}
	if got := phone.Approve(s, number, "", a.OTP(demo.Citizens[0].Phone)); got.Status != http.StatusOK {
		t.Errorf("approve: %v", got.Body)
	}
}

func TestQR12_PageSeesTheRefusalAtItsNextQuestion(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	phone := activated(t, a)
	pc := openPage(t, a)
	s, _ := scanned(t, pc, phone)
	phone.Ask("tu-choi", map[string]any{"attempt": s.Text("attempt"), "notMe": true})
	if got := pc.poll(); got.Text("state") != "reported" {
		t.Errorf("the page sees %v", got.Body)
	}
	again := openPage(t, a)
	again.post("/qr")
	got := phone.Call("quet", map[string]string{"text": again.text(t)})
	if got.Text("error") != "blocked_network" || !strings.Contains(got.Text("text"), "Không phải tôi") {
		t.Errorf("from the reported network: %v", got.Body)
	}
	again.post("/qr/huy")
	if got := again.poll(); got.Text("state") != "cancelled" {
		t.Errorf("after the cancel: %v", got.Body)
	}
}

// Every refusal of the app's interface has a code and a sentence in both
// languages, and odd input is none of the program's faults.
func TestAppInterfaceRefusesInWords(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		refusesInWords(t, apptest.Start(t, apptest.Options{Dialect: dialect}))
	})
}

func refusesInWords(t *testing.T, a *apptest.App) {
	t.Helper()
	stranger, phone := a.NewPhone(t), activated(t, a)
	for _, c := range []struct {
		who        *apptest.Phone
		path, want string
		in         any
	}{
		{stranger, "lich-su", "not_signed", nil},
		{stranger, "quet", "not_signed", map[string]string{"text": "x"}},
		{stranger, "duyet", "not_signed", map[string]string{}},
		{stranger, "otp", "over", map[string]string{"ma": "123456"}},
		{stranger, "otp/gui-lai", "over", map[string]string{}},
		{stranger, "kich-hoat", "not_signed", map[string]string{}},
		{stranger, "mo", "not_activated", map[string]string{"device": "x"}},
		{stranger, "vao", "bad_input", map[string]string{"ten": "12", "mk": "x"}},
		{stranger, "vao", "bad_input", map[string]string{"ten": demo.Citizens[0].Number}},
		{stranger, "vao", "refused", map[string]string{"ten": demo.Citizens[0].Number, "mk": "khong phai"}},
		{stranger, "vao", "bad_request", []int{1}},
		{stranger, "cung-may", "over", map[string]string{"yc": "../x"}},
		{phone, "quet", "bad_text", map[string]string{"text": "https://example.org/"}},
		{phone, "quet", "bad_text", map[string]string{"text": "\x00"}},
		{phone, "quet", "bad_request", map[string]string{"text": strings.Repeat("x", 9000)}},
		{phone, "duyet", "over", map[string]string{"attempt": "\x00'"}},
		{phone, "yeu-cau?attempt=%00", "over", nil},
		{phone, "tu-choi", "over", map[string]string{"attempt": "x"}},
		{phone, "huy-lien-ket", "wrong_passcode", map[string]string{"passcode": "000000"}},
		{phone, "huy-lien-ket", "wrong_passcode", map[string]string{"passcode": strings.Repeat("9", 4000)}},
	} {
		got := c.who.Call(c.path, c.in)
		if got.Status < 400 || got.Status > 499 || got.Text("error") != c.want || got.Text("text") == "" || strings.Contains(got.Text("text"), "<") {
			t.Errorf("%s %v: %d %v, want %s", c.path, c.in, got.Status, got.Body, c.want)
		}
	}
}

func TestQR14_LostPhonePageAnswersAlike(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	phone := activated(t, a)
	person := demo.Citizens[0]
	c := a.NewClient(t)
	report := func(number, password string) string {
		page := c.Get(a.ID + "/bao-mat-dien-thoai")
		page = c.Submit(page.FindForm("/bao-mat-dien-thoai"), "ten", number, "mk", password)
		if page.Status != http.StatusOK {
			t.Errorf("%d", page.Status)
		}
		return page.Body
	}
	wrong := report(person.Number, "khong phai")
	unknown := report("099084009999", "khong phai")
	a.Drain()
	if got := phone.Open(apptest.Passcode); got.Status != http.StatusOK {
		t.Fatalf("a wrong password unlinked: %v", got.Body)
	}
	right := report(person.Number, demo.CitizenPassword)
	if wrong != right || unknown != right {
		t.Error("the answers differ")
	}
	a.Drain()
	if got := phone.Open(apptest.Passcode); got.Text("error") != "not_activated" {
		t.Errorf("after the report: %v", got.Body)
	}
}

func TestQR10_NoticePageEndsTheSession(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	phone := activated(t, a)
	pc := openPage(t, a)
	s, number := scanned(t, pc, phone)
	phone.Approve(s, number, "", "")
	pc.PostForm(a.ID+"/qr/xong", url.Values{"yc": {pc.request}})
	a.Drain()
	_, link, found := strings.Cut(a.Inbox.List(demo.Citizens[0].Phone)[0].Text, a.ID)
	if !found {
		t.Fatal("no link")
	}
	owner := a.NewClient(t)
	owner.Get(a.ID + link)
	page := owner.Get(a.ID + link)
	if got := pc.Get(a.Portal + "/dich-vu-cong/cong-dan"); !strings.Contains(got.Text(), demo.Citizens[0].Name) {
		t.Fatalf("looking at the notice ended the session: %s", got.URL)
	}
	page = owner.Submit(page.FindForm(link))
	if page.Status != http.StatusOK || !strings.Contains(page.Text(), "Đã kết thúc phiên đăng nhập") {
		t.Errorf("%d %s", page.Status, page.Text())
	}
	if got := pc.Get(a.Portal + "/dich-vu-cong/cong-dan"); got.URL.Path != "/dang-nhap" {
		t.Errorf("the browser still is at %s", got.URL)
	}
	if page = owner.Get(a.ID + "/k/AAAAAAAAAAAAAAAAAAAAAA"); page.Status != http.StatusOK || !strings.Contains(page.Text(), "Không còn phiên") {
		t.Errorf("a made-up link: %d", page.Status)
	}
	if strings.Contains(a.Log.String(), strings.TrimPrefix(link, "/k/")) {
		t.Error("the link is in the log")
	}
}

func TestPollingLeavesNoLineInTheLog(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	pc := openPage(t, a)
	pc.post("/qr")
	before := strings.Count(a.Log.String(), "GET /qr")
	for range 5 {
		pc.poll()
	}
	if n := strings.Count(a.Log.String(), "GET /qr") - before; n != 0 {
		t.Errorf("%d lines for 5 questions", n)
	}
}
