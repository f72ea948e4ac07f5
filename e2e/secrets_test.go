package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/app"
	"motcua/internal/app/apptest"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
	"motcua/internal/secretbox"
)

// A witness walks through the program and remembers every secret it meets.
type witness struct {
	*apptest.App
	t *testing.T

	mu   sync.Mutex
	seen hoard
	// people are numbers, telephones and names that logs must not hold.
	people hoard
}

// Nothing secret stays behind: not in any table, job, log line or figure, and
// nothing personal in logs, jobs and audit records (OTP-09, LOG-01).
func TestOTP09_LOG01_NothingSecretIsLeftBehind(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			t.Parallel()
			a := apptest.Start(t, apptest.Options{Dialect: dialect, ProductionLimits: true})
			w := &witness{App: a, t: t, seen: hoard{}, people: hoard{}}
			w.knowPeople()
			w.knowKeys()
			a.Faults.Provider(w.overhear)
			w.run()
			w.knowInbox()
			w.enough()
			w.scan()
		})
	}
}

func (w *witness) run() {
	w.guess()
	w.inAndOut()
	w.activate()
	w.console()
	w.officers()
	w.phones()
	w.troubles()
	w.crafted()
	if err := w.RotateKeys(w.t.Context(), console, false); err != nil {
		w.t.Fatal(err)
	}
	w.Clock.Advance(11 * time.Minute)
	w.inAndOut()
	// Two that stay open: one before the password, one before the code.
	w.browser().Open(w.Portal + signInPath)
	w.askCode(w.browser(), demo.Citizens[7], demo.CitizenPassword)
	w.Drain()
	w.Periodic(app.JobSeal)
}

// guess types wrong passwords until the account is blocked.
func (w *witness) guess() {
	h := w.browser()
	h.Open(w.Portal + signInPath)
	for i := range 6 {
		h.Fill("ten", demo.Citizens[1].Number)
		w.fill(h, "mk", "password", fmt.Sprintf("Đoán mò lần thứ %d & vẫn sai", i))
		h.Press("Đăng nhập")
	}
	h.Fill("ten", "099 084 009 999")
	w.fill(h, "mk", "password", "mật khẩu của số không ai có")
	h.Press("Đăng nhập")
	// A password in the wrong box comes back on the page and nowhere else.
	w.fill(h, "ten", "password", "go-nham-o-mat-khau-7Q")
	w.fill(h, "mk", "password", "gõ nhầm ô ạ")
	h.Press("Đăng nhập")
	w.Drain()
}

// askCode goes to the page for the code.
func (w *witness) askCode(h *overHTTP, p demo.Person, password string) {
	h.Open(w.Portal + signInPath)
	h.Fill("ten", p.Number)
	w.fill(h, "mk", "password", password)
	h.Press("Đăng nhập")
	h.See("Nhập mã OTP")
}

// inAndOut signs in with wrong codes and a resend, and out, and in again in a
// known browser, and out at the provider.
func (w *witness) inAndOut() {
	h := w.browser()
	w.askCode(h, person, demo.CitizenPassword)
	w.OTP(person.Phone)
	for _, wrong := range []string{"004711", "004712"} {
		w.fill(h, "ma", "OTP typed", wrong)
		h.Press("Xác nhận")
	}
	w.Clock.Advance(31 * time.Second)
	h.Open(h.Address())
	h.Press("Gửi lại mã")
	w.fill(h, "ma", "OTP typed", w.OTP(person.Phone))
	h.Press("Xác nhận")
	h.See("Xin chào")
	h.Open(w.Portal + citizenPath)
	h.Press("English")
	h.Press("Tiếng Việt")
	h.Press("Đăng xuất")
	h.See("Bạn đã đăng xuất")
	w.askCode(h, person, demo.CitizenPassword)
	w.fill(h, "ma", "OTP typed", w.OTP(person.Phone))
	h.Press("Xác nhận")
	h.Open(w.ID + oidcop.PathEndSession)
	h.show(h.client.Submit(h.page.FindForm(oidcop.PathEndSession), "xac-nhan", "1"))
	h.Open(w.Portal + citizenPath)
}

// activate makes an account on the console and sets its password by web.
func (w *witness) activate() {
	p := demo.Person{Number: "099085011227", Name: "Phùng Thị Ánh", Phone: "+84900000311", BirthDate: "1985-02-03"}
	w.knowPerson(p)
	_, code, err := w.People.Add(w.t.Context(), console, account(p))
	if err != nil {
		w.t.Fatal(err)
	}
	w.keep("activation code", code)
	const chosen = "Thuyền độc mộc & sóng"
	h := w.browser()
	set := func(code, password string) {
		h.Open(w.ID + "/dat-mat-khau")
		h.Fill("ten", p.Number)
		w.fill(h, "ma", "activation code", code)
		w.fill(h, "mk", "password", password)
		h.Press("Đặt mật khẩu")
	}
	set("2222-3333-4444-5555", "không phải mã ấy đâu")
	set(code, "phùng thị ánh")
	set(code, chosen)
	h.See("Đã đặt mật khẩu")
	w.askCode(h, p, chosen)
	w.fill(h, "ma", "OTP typed", w.OTP(p.Phone))
	h.Press("Xác nhận")
	h.See("Xin chào")
	again, err := w.People.Reset(w.t.Context(), console, p.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	set(again, "Bến nước cây đa & trăng")
	h.See("Đã đặt mật khẩu")
}

// console calls what the commands call, for accounts and officers.
func (w *witness) console() {
	ctx, p := w.t.Context(), demo.Citizens[3]
	const moved = "+84900000312"
	w.people.add("telephone", moved[3:])
	_, err := w.People.List(ctx, console)
	officer := demo.Person{Number: "099186012338", Name: "Khúc Thừa Bách", Phone: "+84900000313", Username: "bach.kt"}
	w.knowPerson(officer)
	_, initial, err2 := w.Org.AddOfficer(ctx, console, newOfficer(officer))
	w.keep("initial password", initial)
	again, err3 := w.Org.ResetOfficer(ctx, console, officer.Username)
	w.keep("initial password", again)
	_, err4 := w.Org.ListOfficers(ctx, console, "")
	err = errors.Join(err, err2, err3, err4, w.Org.UnlockOfficer(ctx, console, officer.Username),
		w.People.Lock(ctx, console, p.Number), w.People.Unlock(ctx, console, p.Number),
		w.People.Unlock(ctx, console, demo.Citizens[1].Number), w.People.SetPhone(ctx, console, p.Number, moved))
	if err != nil {
		w.t.Fatal(err)
	}
	w.Drain()
}

// scan looks for everything everywhere.
func (w *witness) scan() {
	tables := columns(w.t, w.App)
	for _, name := range []string{"job.args", "job.last_error", "audit_record.detail", "sms_message.text", "auth_request.state", "browser_session.data",
		"officer.totp_secret", "officer.receipt_password", "phone.passcode_hash", "qr_attempt.token_digest", "recovery_code.digest"} {
		if strings.TrimSpace(tables[name]) == "" {
			w.t.Errorf("the scan does not reach %s", name)
		}
	}
	places := map[string]string{"log": w.Log.String(), "stray log": strays.String(), "metrics": w.figures()}
	for name, text := range tables {
		if strings.HasPrefix(name, "job.") || strings.HasPrefix(name, "job_") || strings.HasPrefix(name, "audit_") {
			places[name] = text
		}
	}
	for name, text := range places {
		for _, found := range w.people.find(text) {
			w.t.Errorf("%s holds %s", name, found)
		}
	}
	maps.Copy(places, tables)
	maps.Copy(places, files(w.t, w.App))
	for name, text := range places {
		for _, found := range w.seen.find(text) {
			w.t.Errorf("%s holds %s", name, found)
		}
	}
	left, err := db.Get[int](w.t.Context(), w.DB, `SELECT count(*) FROM sms_message WHERE text IS NOT NULL AND state <> 'queued'`)
	if err != nil || left != 0 {
		w.t.Errorf("%d messages keep their text after they were sent: %v", left, err)
	}
	if report, err := w.Audit.Verify(w.t.Context()); err != nil || report.Records == 0 {
		w.t.Errorf("the audit log: %+v %v", report, err)
	}
}

func (w *witness) figures() string {
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, strings.Replace(w.Ops, "localhost", "127.0.0.1", 1)+"/metrics", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Contains(b, []byte("motcua_")) {
		w.t.Fatalf("metrics: %d bytes %v", len(b), err)
	}
	// Figures of the runtime have six digits of their own.
	lines := slices.DeleteFunc(strings.Split(string(b), "\n"), func(l string) bool {
		return strings.HasPrefix(l, "go_") || strings.HasPrefix(l, "process_")
	})
	return strings.Join(lines, "\n")
}

// knowKeys keeps the keys of the installation.
func (w *witness) knowKeys() {
	text, err := os.ReadFile(filepath.Join(w.Data, "master.key"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.keep("master key", strings.TrimSpace(string(text)))
	raw, err := secretbox.ParseMaster(string(text))
	if err != nil {
		w.t.Fatal(err)
	}
	w.keep("master key", string([]byte(raw)))
	w.keep("client secret", oidcop.FirstPartySecret(w.Box.MAC, "portal"))
	w.keep("password", demo.CitizenPassword)
	w.keep("password", demo.OfficerPassword)
}
