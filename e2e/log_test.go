package e2e_test

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

// recorder tells what each step adds to the audit log.
type recorder struct {
	*world
	last string // id of the newest record seen; ids grow
}

// step compares the records of what fn does, each as "action outcome reason site ,
// actor > target" with the kinds of the two, and those of requests with what
// QCVN 12:2026 asks for: addresses, device, request and process.
func (r *recorder) step(name string, fn func(), want ...string) {
	r.t.Helper()
	fn()
	rows, err := db.Select[audit.Record](r.t.Context(), r.DB, `SELECT id , at, action, actor_kind, actor_id, target_kind, target_id,
		outcome, reason, detail, site, request_id, source, destination, device, process, batch FROM audit_record WHERE id > $1 ORDER BY id`, r.last)
	if err != nil {
		r.t.Fatal(err)
	}
	var got []string
	for _, row := range rows {
		r.last = row.ID
		got = append(got, strings.Join(strings.Fields(row.Action+" "+string(row.Outcome)+" "+row.Reason+" "+row.Site+" , "+row.ActorKind+" > "+row.TargetKind), " "))
		if row.Process == "" || !row.At.Equal(r.Clock.Now()) {
			r.t.Errorf("%s: %+v lacks its time or process", name, row)
		}
		if row.Site != "" && (row.RequestID == "" || row.Source != "127.0.0.1" || row.Device == "" || row.Destination == "") {
			r.t.Errorf("%s: %+v lacks a part of its request", name, row)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		r.t.Errorf("%s is recorded as\n\t%s\nwant\n\t%s", name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestLOG01_EachStepIsRecorded(t *testing.T) {
	onBoth(t, apptest.Options{ProductionLimits: true}, func(t *testing.T, w *world, h *overHTTP) {
		r := &recorder{world: w}
		newest, err := db.Get[string](t.Context(), w.DB, `SELECT max(id) FROM audit_record`)
		if err != nil {
			t.Fatal(err)
		}
		r.last = newest
		r.signingIn()
		r.console()
		r.activation(h)
		r.protocol(h)
		w.Periodic(app.JobSeal)
		report, err := w.Audit.Verify(t.Context())
		if err != nil || report.Broken != nil || report.Unsealed != 0 {
			t.Errorf("the log: %+v %v", report, err)
		}
	})
}

func (r *recorder) signingIn() {
	const wrong = "khong phai mat khau"
	try := func(number, password string) func() {
		return func() {
			r.Fill("ten", number)
			r.Fill("mk", password)
			r.Press("Đăng nhập")
		}
	}
	r.step("opening pages", func() { r.Open(r.Portal + signInPath) })
	r.step("an unknown number", try("099084009999", wrong), "account.sign_in refused unknown id , > number_digest")
	r.step("a wrong password", try(person.Number, wrong), "account.sign_in refused password id , > account")
	r.step("the right password", try(person.Number, demo.CitizenPassword), "account.otp_send ok id , > account")
	code := r.OTP(person.Phone)
	r.step("a wrong code", func() {
		r.Fill("ma", map[bool]string{true: "000001", false: "000000"}[code == "000000"])
		r.Press("Xác nhận")
	}, "account.otp_confirm refused otp_wrong id , > account")
	r.Clock.Advance(31 * time.Second)
	r.Open(r.Address())
	r.step("a resend", func() { r.Press("Gửi lại mã") }, "account.otp_send ok id , > account")
	r.step("the right code", func() {
		r.Fill("ma", r.OTP(person.Phone))
		r.Press("Xác nhận")
	}, "account.sign_in ok id , account > client", "citizen.sign_in ok portal , citizen > citizen")
	r.step("reading one's page", func() { r.Open(r.Portal + citizenPath) })
	r.step("a sign-out", func() {
		r.Press("Đăng xuất")
		r.Drain() // services are told by a job
	}, "citizen.sign_out ok portal , citizen > citizen", "account.sign_out ok user id , account > account", "client.sign_out ok , system > client")
	r.step("cancelling", func() {
		r.Open(r.Portal + signInPath)
		r.Press("Hủy đăng nhập")
	}, "citizen.sign_in refused access_denied portal , >")
	r.step("a provider that is down", func() {
		r.Faults.Provider(func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errors.New("down") })
		r.Clock.Advance(6 * time.Minute)
		r.Open(r.Portal + signInPath)
		r.Faults.Provider(nil)
	}, "citizen.sign_in error discovery_unreachable portal , >")
	r.Clock.Advance(time.Minute)
	r.step("failures until the account is blocked", func() {
		r.Open(r.Portal + signInPath)
		for range 6 {
			try(demo.Citizens[1].Number, wrong)()
		}
		r.Drain()
	}, append(repeat(5, "account.sign_in refused password id , > account"),
		"account.sign_in refused blocked id , > account", "account.lock ok password_failures , system > account")...)
}

func repeat(n int, s string) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat(s+"\n", n), "\n"), "\n")
}

func (r *recorder) console() {
	p := demo.Citizens[3]
	do := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	ctx := r.t.Context()
	for action, fn := range map[string]func() error{
		"account.lock":         func() error { return r.People.Lock(ctx, console, p.Number) },
		"account.unlock":       func() error { return r.People.Unlock(ctx, console, p.Number) },
		"account.phone_change": func() error { return r.People.SetPhone(ctx, console, p.Number, "+84900000341") },
	} {
		r.step(action, func() { do(fn()) }, action+" ok , console > account")
	}
	r.step("a list", func() {
		_, err := r.People.List(ctx, console)
		do(err)
	}, "account.list ok , console >")
	officer := demo.Person{Name: "Khúc Thừa Bách", Username: "bach.kt"}
	r.step("a new officer", func() {
		_, _, err := r.Org.AddOfficer(ctx, console, newOfficer(officer))
		do(err)
	}, "officer.create ok , console > officer")
	r.step("an officer's reset", func() {
		_, err := r.Org.ResetOfficer(ctx, console, officer.Username)
		do(err)
	}, "officer.reset ok , console > officer")
	r.step("new keys", func() { do(r.RotateKeys(ctx, console, false)) },
		"key.create ok , console > signing_key", "key.create ok , console > signing_key", "key.data_rotate ok , console >")
}

func (r *recorder) activation(h *overHTTP) {
	p := demo.Person{Number: "099085011227", Name: "Phùng Thị Ánh", Phone: "+84900000311", BirthDate: "1985-02-03"}
	var code string
	r.step("a new account", func() {
		var err error
		if _, code, err = r.People.Add(r.t.Context(), console, account(p)); err != nil {
			r.t.Fatal(err)
		}
	}, "account.create ok , console > account")
	set := func(code string) func() {
		return func() {
			h.Open(r.ID + "/dat-mat-khau")
			h.Fill("ten", p.Number)
			h.Fill("ma", code)
			h.Fill("mk", "thuyền độc mộc")
			h.Press("Đặt mật khẩu")
		}
	}
	r.step("a wrong activation code", set("2222-3333-4444-5555"), "account.password_set refused activation_code id , >")
	r.step("a password set", set(code), "account.password_set ok id , account > account")
	r.step("a reset", func() {
		if _, err := r.People.Reset(r.t.Context(), console, p.Number); err != nil {
			r.t.Fatal(err)
		}
	}, "account.password_reset ok , console > account")
}

// protocol redeems a code a second time.
func (r *recorder) protocol(h *overHTTP) {
	s := &witness{App: r.App, t: r.t, seen: hoard{}, people: hoard{}}
	r.Faults.Provider(s.overhear)
	h.client.Watch = s.watch
	r.Clock.Advance(time.Hour)
	r.Open(r.Portal + signInPath)
	r.enter()
	r.step("a whole sign-in", func() {}, "account.otp_send ok id , > account", "account.sign_in ok id , account > client", "citizen.sign_in ok portal , citizen > citizen")
	var code string
	for value, what := range s.seen {
		if what == "authorization code" {
			code = value
		}
	}
	r.step("a code that comes again", func() {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"http://x/"}, "code_verifier": {strings.Repeat("v", 43)}}
		req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.ID+oidcop.PathToken, strings.NewReader(form.Encode()))
		if err != nil {
			r.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("User-Agent", "a thief")
		req.SetBasicAuth("portal", oidcop.FirstPartySecret(r.Box.MAC, "portal"))
		if p := h.client.Do(req); p.Status != http.StatusBadRequest {
			r.t.Errorf("%d %s", p.Status, p.Body)
		}
	}, "token.issue refused code_reused id , client >")
}
