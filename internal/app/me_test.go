package app_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/sms"
)

const anotherPassword = "bon chiec thuyen giay"

// atAccount is a browser signed in at "Tài khoản của tôi" by itself.
func atAccount(t *testing.T, a *apptest.App, person demo.Person) *apptest.Client {
	t.Helper()
	c := a.NewClient(t)
	page := c.Get(a.ID + "/tai-khoan/lich-su")
	page = c.Submit(page.FindForm("/dang-nhap"), "ten", person.Number, "mk", demo.CitizenPassword)
	page = c.Submit(page.FindForm("/ma-otp"), "ma", a.OTP(person.Phone))
	if page.URL.String() != a.ID+"/tai-khoan/lich-su" {
		t.Fatalf("the code led to %s (%d):\n%s", page.URL, page.Status, page.Text())
	}
	return c
}

// signedInHere tells whether a browser's session at the provider lives.
func signedInHere(a *apptest.App, c *apptest.Client) bool {
	c.Follow = false
	defer func() { c.Follow = true }()
	return c.Get(a.ID+"/tai-khoan").Status == http.StatusOK
}

// prove goes through password and code until the page of a change.
func prove(t *testing.T, a *apptest.App, c *apptest.Client, person demo.Person, password, path string) *apptest.Page {
	t.Helper()
	page := c.Get(a.ID + path)
	if !strings.HasPrefix(page.URL.Path, "/tai-khoan/xac-nhan") {
		t.Fatalf("%s asked for no proof: %s", path, page.URL)
	}
	page = c.Submit(page.FindForm("/tai-khoan/xac-nhan"), "mk", password)
	page = c.Submit(page.FindForm("/tai-khoan/ma"), "ma", a.OTP(person.Phone))
	if page.URL.Path != path {
		t.Fatalf("the proof led to %s (%d):\n%s", page.URL, page.Status, page.Text())
	}
	return page
}

func told(t *testing.T, a *apptest.App, phone, words string) {
	t.Helper()
	a.Drain()
	for _, m := range a.Inbox.List(phone) {
		if strings.Contains(m.Text, words) {
			return
		}
	}
	t.Errorf("%s was not told %q", phone, words)
}

// Signing in by itself leads back without a loop; a sign-in at the portal is
// enough; a cancelled one ends on the home page.
func TestMyAccountIsAServiceOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person := demo.Citizens[0]
		c := signedIn(t, a, person)
		if page := c.Get(a.ID + "/tai-khoan"); page.Status != 200 || !strings.Contains(page.Text(), "Phiên và thiết bị") {
			t.Errorf("after the portal: %d %s", page.Status, page.URL)
		}
		stranger := a.NewClient(t)
		page := stranger.Get(a.ID + "/tai-khoan")
		page = stranger.Submit(page.FindForm("/dang-nhap/huy"))
		if page.URL.Path != "/" {
			t.Errorf("cancelling led to %s", page.URL)
		}
		// Nobody else gets a code for the site's own services.
		page = stranger.Get(a.ID + "/authorize?" + url.Values{"client_id": {"tai-khoan"}, "redirect_uri": {a.ID + "/tai-khoan"}, "response_type": {"code"},
			"scope": {"openid"}, "nonce": {"n"}, "code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"}}.Encode())
		if page.Status != http.StatusBadRequest {
			t.Errorf("/authorize for an own service: %d", page.Status)
		}
		atAccount(t, a, person)
	})
}

// A person sees each of their sessions and ends one, the others, all; services
// learn of it. Nobody sees or ends another's.
func TestSES03_OwnerSeesAndEndsSessions(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person, other := demo.Citizens[0], demo.Citizens[1]
		me := atAccount(t, a, person)
		a.Clock.Advance(time.Minute)
		second := signedIn(t, a, person)
		bystander := signedIn(t, a, other)

		a.People.Place = func(netip.Addr) string { return "Quầy số 3" }
		page := me.Get(a.ID + "/tai-khoan")
		forms := endForms(page)
		if len(forms) != 4 || // two lines, the others, all
			!strings.Contains(page.Text(), "Phiên này") || strings.Count(page.Text(), "Quầy số 3") != 2 || !strings.Contains(page.Text(), "Đang mở: Cổng Dịch vụ công") {
			t.Fatalf("%d forms:\n%s", len(forms), page.Text())
		}
		theirs := endForms(bystander.Get(a.ID + "/tai-khoan"))[0].Get("phien")
		me.PostForm(a.ID+"/tai-khoan/phien", url.Values{"phien": {theirs}})
		if !signedInHere(a, bystander) || !atPortal(a, bystander) {
			t.Fatal("somebody else's session was ended")
		}

		page = me.PostForm(a.ID+"/tai-khoan/phien", forms[1])
		if !strings.Contains(page.Text(), "Đã kết thúc phiên đó") || len(endForms(page)) != 1 {
			t.Errorf("afterwards:\n%s", page.Text())
		}
		if atPortal(a, second) || signedInHere(a, second) {
			t.Error("the other browser is still signed in")
		}
		list, err := a.Provider.Deliveries(t.Context(), "")
		if err != nil || len(list) != 1 || list[0].Cause != "owner" {
			t.Errorf("services to be told: %+v %v", list, err)
		}

		a.Clock.Advance(time.Minute)
		second = signedIn(t, a, person)
		me.PostForm(a.ID+"/tai-khoan/phien", url.Values{"phien": {"khac"}})
		if atPortal(a, second) || !signedInHere(a, me) {
			t.Error("ending the others ended the wrong ones")
		}
		a.Clock.Advance(time.Minute)
		second = signedIn(t, a, person)
		me.PostForm(a.ID+"/tai-khoan/phien", url.Values{"phien": {"tat-ca"}})
		if atPortal(a, second) || signedInHere(a, second) || signedInHere(a, me) {
			t.Error("ending all left some")
		}
		if !atPortal(a, bystander) {
			t.Error("somebody else was signed out")
		}
		// A disabled account has no sessions left.
		second = signedIn(t, a, other)
		if err := a.People.Lock(t.Context(), audit.System, other.Number); err != nil {
			t.Fatal(err)
		}
		a.Drain()
		if atPortal(a, second) || signedInHere(a, second) || atPortal(a, bystander) {
			t.Error("a locked account is still signed in")
		}
	})
}

func endForms(p *apptest.Page) (out []url.Values) {
	for _, f := range p.Forms() {
		if strings.HasSuffix(f.Action.Path, "/tai-khoan/phien") {
			out = append(out, f.Values)
		}
	}
	return out
}

// Services are listed with what they got; revoking ends the tokens and the
// session there, and the next sign-in is a new one.
func TestOP20_OwnerRevokesAService(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person := demo.Citizens[0]
		c := signedIn(t, a, person)
		page := c.Get(a.ID + "/tai-khoan")
		for _, words := range []string{"Cổng Dịch vụ công tỉnh Hưng Yên", "họ tên, ngày sinh, giới tính, số điện thoại, số căn cước"} {
			if !strings.Contains(page.Text(), words) {
				t.Errorf("no %q in\n%s", words, page.Text())
			}
		}
		page = c.Submit(page.FindForm("/tai-khoan/dich-vu"))
		if !strings.Contains(page.Text(), "Đã thu hồi") || !strings.Contains(page.Text(), "Chưa có dịch vụ nào") {
			t.Errorf("afterwards:\n%s", page.Text())
		}
		live, err := db.Get[int](t.Context(), a.DB, `SELECT count(*) FROM access_token WHERE revoked_at IS NULL`)
		if err != nil || live != 0 {
			t.Errorf("%d tokens live, %v", live, err)
		}
		a.Drain()
		if atPortal(a, c) {
			t.Error("the portal's session lives")
		}
		// Told again when the same session is used anew and ends.
		if page = c.Get(a.Portal + citizenPage); !strings.HasPrefix(page.URL.String(), a.Portal) {
			t.Fatalf("signing in anew led to %s", page.URL)
		}
		c.Get(a.ID + "/tai-khoan")
		c.PostForm(a.ID+"/tai-khoan/phien", url.Values{"phien": {"tat-ca"}})
		a.Drain()
		list, err := a.Provider.Deliveries(t.Context(), "")
		if err != nil || len(list) != 1 || list[0].State != "delivered" || list[0].Cause != "owner" {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// Nothing changes without password and code given within five minutes, one
// proof serves one change, and the old number, the other sessions and the owner
// learn of it.
func TestSES04_OTP06_ChangesNeedAProof(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person := demo.Citizens[0]
		c := atAccount(t, a, person)
		for _, path := range []string{"/tai-khoan/mat-khau", "/tai-khoan/so-dien-thoai", "/tai-khoan/dien-thoai"} {
			page := c.PostForm(a.ID+path, url.Values{"mk": {anotherPassword}, "mk2": {anotherPassword}, "dt": {"0900000999"}})
			if page.URL.Path != "/tai-khoan/xac-nhan" {
				t.Errorf("%s without a proof led to %s", path, page.URL)
			}
		}
		page := c.Get(a.ID + "/tai-khoan/xac-nhan?ve=mat-khau")
		page = c.Submit(page.FindForm("/tai-khoan/xac-nhan"), "mk", "khong phai")
		if page.Status != 422 || !strings.Contains(page.Text(), "Mật khẩu không đúng") {
			t.Errorf("wrong password: %d", page.Status)
		}
		a.Clock.Advance(time.Minute)
		page = prove(t, a, c, person, demo.CitizenPassword, "/tai-khoan/mat-khau")
		a.Clock.Advance(5*time.Minute + time.Second)
		if page = c.Submit(page.FindForm("/tai-khoan/mat-khau"), "mk", anotherPassword, "mk2", anotherPassword); page.URL.Path != "/tai-khoan/xac-nhan" {
			t.Errorf("a proof six minutes old changed the password: %s", page.URL)
		}

		second := signedIn(t, a, person)
		a.Clock.Advance(time.Minute)
		page = prove(t, a, c, person, demo.CitizenPassword, "/tai-khoan/mat-khau")
		for typed, sentence := range map[string]string{"12345678": "rất dễ bị đoán", "ngan": "ít nhất 8", "nguyen huu uong": "tên", demo.CitizenPassword: "đang dùng"} {
			got := c.Submit(page.FindForm("/tai-khoan/mat-khau"), "mk", typed, "mk2", typed)
			if got.Status != 422 || !strings.Contains(got.Text(), sentence) {
				t.Errorf("%q: %d, want %q in\n%s", typed, got.Status, sentence, got.Text())
			}
		}
		if got := c.Submit(page.FindForm("/tai-khoan/mat-khau"), "mk", anotherPassword, "mk2", anotherPassword+"x"); !strings.Contains(got.Text(), "không giống nhau") {
			t.Errorf("typed in two ways: %d", got.Status)
		}
		page = c.Submit(page.FindForm("/tai-khoan/mat-khau"), "mk", anotherPassword, "mk2", anotherPassword)
		if page.URL.Path != "/tai-khoan" || !strings.Contains(page.Text(), "Đã đổi mật khẩu") {
			t.Fatalf("%s:\n%s", page.URL, page.Text())
		}
		if atPortal(a, second) || signedInHere(a, second) || !signedInHere(a, c) {
			t.Error("the change of the password ended the wrong sessions")
		}
		told(t, a, person.Phone, "Mat khau cua tai khoan ...1258 vua duoc doi")
		if page = c.Get(a.ID + "/tai-khoan/mat-khau"); page.URL.Path != "/tai-khoan/xac-nhan" {
			t.Error("one proof served twice")
		}

		a.Clock.Advance(time.Minute)
		page = prove(t, a, c, person, anotherPassword, "/tai-khoan/so-dien-thoai")
		c.Submit(page.FindForm("/tai-khoan/so-dien-thoai"), "dt", "0900 000 998")
		earlier := a.OTP("+84900000998")
		page = c.Get(a.ID + "/tai-khoan/so-dien-thoai") // mistyped
		page = c.Submit(page.FindForm("/tai-khoan/so-dien-thoai"), "dt", "0900 000 999")
		if page.URL.Path != "/tai-khoan/so-moi" || !strings.Contains(page.Text(), "999") {
			t.Fatalf("%s:\n%s", page.URL, page.Text())
		}
		if earlier != a.OTP("+84900000999") {
			if got := c.Submit(page.FindForm("/tai-khoan/so-moi"), "ma", earlier); got.Status != 422 {
				t.Errorf("the code of another number: %d %s", got.Status, got.URL)
			}
		}
		page = c.Submit(page.FindForm("/tai-khoan/so-moi"), "ma", a.OTP("+84900000999"))
		if !strings.Contains(page.Text(), "Đã đổi số điện thoại") {
			t.Fatalf("%s:\n%s", page.URL, page.Text())
		}
		told(t, a, person.Phone, "da doi sang so khac")
		for _, m := range append(a.Inbox.List(person.Phone), a.Inbox.List("+84900000999")...) {
			if parts, plain := sms.Parts(m.Text); parts != 1 || !plain || strings.Contains(m.Text, "http") {
				t.Errorf("not one plain part without a link: %q", m.Text)
			}
		}
		account, err := a.People.Find(t.Context(), a.DB, person.Number)
		if err != nil || account.Phone != "+84900000999" {
			t.Errorf("%s %v", account.Phone, err)
		}
	})
}

// While SMS is out of order, the page for the code offers the QR way to who
// has a phone for it, and says nothing of it to who has not; a changed SIM the
// same. Before the password nobody learns anything.
func TestOTP07_RES01_TheWayWithoutMessages(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		activated(t, a)
		const offer = "đăng nhập bằng mã QR không cần tin nhắn"
		code := func(person demo.Person) (*apptest.Client, *apptest.Page) {
			t.Helper()
			a.Clock.Advance(time.Minute)
			c := a.NewClient(t)
			page := c.Get(a.ID + "/tai-khoan")
			if strings.Contains(page.Text(), offer) {
				t.Error("the sign-in page offers it to everybody")
			}
			return c, c.Submit(page.FindForm("/dang-nhap"), "ten", person.Number, "mk", demo.CitizenPassword)
		}
		if _, page := code(demo.Citizens[0]); strings.Contains(page.Text(), offer) {
			t.Error("offered while messages go out")
		}
		if err := a.DeclareSMSOut(t.Context(), audit.System, ""); err != nil {
			t.Fatal(err)
		}
		c, page := code(demo.Citizens[0])
		if !strings.Contains(page.Text(), offer) {
			t.Fatalf("not offered:\n%s", page.Text())
		}
		request := page.URL.Query().Get("yc")
		if back := c.Get(a.ID + "/dang-nhap?yc=" + request); len(back.Find("section", "data-qr", request)) != 1 {
			t.Error("the way leads to no QR panel of the same request")
		}
		if _, page := code(demo.Citizens[1]); strings.Contains(page.Text(), offer) {
			t.Error("offered to who has no phone for it")
		}
		if _, err := a.ResumeSMS(t.Context(), audit.System); err != nil {
			t.Fatal(err)
		}
		a.People.Risk = swapped{}
		for i, want := range []bool{true, false} {
			_, page := code(demo.Citizens[i])
			if !strings.Contains(page.Text(), "vừa đổi SIM") || strings.Contains(page.Text(), offer) != want {
				t.Errorf("changed SIM of person %d:\n%s", i, page.Text())
			}
		}
	})
}

type swapped struct{}

func (swapped) SwappedRecently(context.Context, string) (bool, error) { return true, nil }

// The owner reads when, how, with what and for which service the account was
// signed in, and what was refused; nobody reads another's.
func TestHistoryIsTheOwners(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person, other := demo.Citizens[0], demo.Citizens[1]
		stranger := a.NewClient(t)
		page := stranger.Get(a.Portal + citizenPage)
		stranger.Submit(page.FindForm("/dang-nhap"), "ten", person.Number, "mk", "khong phai")
		signedIn(t, a, other)
		a.Clock.Advance(time.Minute)
		signedIn(t, a, person)
		a.Clock.Advance(time.Minute)
		text := atAccount(t, a, person).Get(a.ID + "/tai-khoan/lich-su").Text()
		for words, want := range map[string]int{"Đăng nhập bị từ chối": 1, "Tới Cổng Dịch vụ công tỉnh Hưng Yên": 1, "Tới Tài khoản của tôi": 1, "Mật khẩu và mã OTP": 2} {
			if got := strings.Count(text, words); got != want {
				t.Errorf("%q stands %d times, want %d:\n%s", words, got, want, text)
			}
		}
		read, err := a.Audit.Read(t.Context(), audit.System, audit.Filter{Action: "audit.read_own"})
		if err != nil || len(read) != 2 || read[0].ActorKind != "account" {
			t.Errorf("the reading is recorded %d times, %v", len(read), err)
		}
	})
}
