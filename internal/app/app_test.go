package app_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/app"
	"motcua/internal/app/apptest"
	"motcua/internal/clock"
	"motcua/internal/config"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/demo"
	"motcua/internal/sms"
)

func each(t *testing.T, fn func(t *testing.T, dialect db.Dialect)) {
	t.Helper()
	for _, d := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(d.String(), func(t *testing.T) { fn(t, d) })
	}
}

// TestJourney walks the whole way once: what every package's own tests prove
// apart works together, on both engines.
func TestJourney(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		c := a.NewClient(t)
		person := demo.Citizens[0]
		page := c.Get(a.Portal + "/dich-vu-cong/cong-dan")
		if !strings.HasPrefix(page.URL.String(), a.ID+"/dang-nhap?") {
			t.Fatalf("sign-in led to %s (%d):\n%s", page.URL, page.Status, page.Text())
		}
		page = c.Submit(page.FindForm("/dang-nhap"), "ten", "099 084 001 258", "mk", demo.CitizenPassword)
		if page.URL.Path != "/ma-otp" {
			t.Fatalf("the password led to %s (%d):\n%s", page.URL, page.Status, page.Text())
		}
		page = c.Submit(page.FindForm("/ma-otp"), "ma", a.OTP(person.Phone))
		if page.URL.Host != strings.TrimPrefix(a.Portal, "http://") || !strings.Contains(page.Text(), person.Name) {
			t.Fatalf("the code led to %s (%d):\n%s", page.URL, page.Status, page.Text())
		}
		page = c.Submit(page.FindForm("/dang-xuat"))
		if page.URL.Path != "/da-dang-xuat" || strings.Contains(page.Text(), person.Name) {
			t.Fatalf("sign-out led to %s (%d):\n%s", page.URL, page.Status, page.Text())
		}
		a.Periodic(app.JobSeal)
		report, err := a.Audit.Verify(t.Context())
		if err != nil || report.Broken != nil || report.Unsealed > 0 {
			t.Errorf("audit: %+v %v", report, err)
		}
		if err := a.Registry.CheckArgs(); err != nil {
			t.Error(err)
		}
		for _, secret := range []string{demo.CitizenPassword, person.Number, person.Phone} {
			if strings.Contains(a.Log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

func TestProviderFaultLeadsToThePortalsOwnPage(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	a.Faults.Provider(func(*http.Request, http.RoundTripper) (*http.Response, error) {
		return nil, errors.New("connection refused")
	})
	page := a.NewClient(t).Get(a.Portal + "/dich-vu-cong/cong-dan/dang-nhap")
	if page.URL.String() != a.Portal+"/dich-vu-cong/cong-dan/dang-nhap" || page.Status != http.StatusServiceUnavailable {
		t.Errorf("led to %s with %d", page.URL, page.Status)
	}
}

func TestCarrierFaultReachesTheQueue(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	calls := 0
	a.Faults.SMS(func(sms.Message) error { calls++; return errors.New("busy") })
	c := a.NewClient(t)
	page := c.Get(a.Portal + "/dich-vu-cong/cong-dan/dang-nhap")
	c.Submit(page.FindForm("/dang-nhap"), "ten", demo.Citizens[0].Number, "mk", demo.CitizenPassword)
	a.Drain()
	if calls == 0 || len(a.Inbox.List("")) > 0 {
		t.Errorf("the carrier was called %d times, %d messages arrived", calls, len(a.Inbox.List("")))
	}
	a.Faults.SMS(nil)
	a.Clock.Advance(10 * time.Second)
	a.OTP(demo.Citizens[0].Phone)
}

func TestTwoReplicasShareWhatMatters(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		first := apptest.Start(t, apptest.Options{Dialect: dialect})
		second := apptest.Start(t, apptest.Options{Database: first.Database, Data: first.Data, Clock: first.Clock,
			Change: func(c *config.Config) { c.PortalURL, c.OfficeURL, c.IDURL = first.Portal, first.Office, first.ID }})
		a, b := first.NewClient(t), second.NewClient(t)
		page := a.Get(first.Portal + "/dich-vu-cong/cong-dan/dang-nhap")
		if page.URL.Path != "/dang-nhap" {
			t.Fatalf("led to %s", page.URL)
		}
		if err := second.Box.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
		keys := b.Get(first.ID + "/keys").Body
		if other := a.Get(first.ID + "/keys").Body; other != keys {
			t.Errorf("keys differ:\n%s\n%s", keys, other)
		}
	})
}

func hostRequest(t *testing.T, address, host string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	return r
}

func TestForeignHostsAreMisdirected(t *testing.T) {
	a := apptest.Start(t, apptest.Options{Sites: []string{config.Portal, config.Office}})
	c := a.NewClient(t)
	for host, want := range map[string]int{
		strings.TrimPrefix(a.Portal, "http://"): http.StatusOK,
		strings.TrimPrefix(a.ID, "http://"):     http.StatusMisdirectedRequest,
		"evil.example":                          http.StatusMisdirectedRequest,
	} {
		if p := c.Do(hostRequest(t, a.Portal+"/tro-giup", host)); p.Status != want {
			t.Errorf("Host %s: %d, want %d", host, p.Status, want)
		}
	}
}

func TestAnotherNameOfThisMachineLeadsToThePublicOne(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	u, err := url.Parse(a.Portal)
	if err != nil {
		t.Fatal(err)
	}
	p := a.NewClient(t).Do(hostRequest(t, a.Portal+"/tro-giup?a=b", "127.0.0.1:"+u.Port()))
	if p.Status != http.StatusSeeOther || p.Header.Get("Location") != a.Portal+"/tro-giup?a=b" {
		t.Errorf("%d to %q", p.Status, p.Header.Get("Location"))
	}
}

// program starts an App of its own listeners and returns how it is stopped.
func program(t *testing.T, c *config.Config, o app.Options) (*app.App, func() error) {
	t.Helper()
	if o.Log == nil {
		o.Log = io.Discard
	}
	a, err := app.New(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stop := func() error { cancel(); return <-ended }
	t.Cleanup(cancel)
	return a, stop
}

func port(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

func TestOneListenerServesSitesByHostOverTLS(t *testing.T) {
	cert, key := app.CertificateFiles(t)
	p := port(t)
	c := config.Demo{Data: t.TempDir(), Synchronous: "NORMAL", LogLevel: "error",
		PortalURL: "https://portal.localhost:" + p, OfficeURL: "https://office.localhost:" + p, IDURL: "https://id.localhost:" + p}.Config()
	c.ListenPortal, c.ListenOffice, c.ListenID, c.Listen = "", "", "", "127.0.0.1:"+p
	c.TLSCert, c.TLSKey = cert, key
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	_, stop := program(t, c, app.Options{Manual: true})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	for host, want := range map[string]string{"portal.localhost": "Cổng Dịch vụ công", "office.localhost": "Một cửa", "id.localhost": "Định danh"} {
		resp, err := client.Do(hostRequest(t, "https://127.0.0.1:"+p+"/", host+":"+p))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(strings.ToLower(string(body)), strings.ToLower(want)) {
			t.Errorf("%s: %d %v, want a page with %q", host, resp.StatusCode, err, want)
		}
		if resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: HTTP/%d, HSTS %q", host, resp.ProtoMajor, resp.Header.Get("Strict-Transport-Security"))
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestStopLetsRunningRequestsEnd holds a call to the provider open while the
// program is told to stop.
func TestStopLetsRunningRequestsEnd(t *testing.T) {
	p := map[string]string{"portal": port(t), "office": port(t), "id": port(t), "ops": port(t)}
	c := config.Demo{Data: t.TempDir(), Synchronous: "NORMAL", LogLevel: "error", OpsListen: "127.0.0.1:" + p["ops"],
		PortalURL: "http://localhost:" + p["portal"], OfficeURL: "http://localhost:" + p["office"], IDURL: "http://localhost:" + p["id"]}.Config()
	entered, release := make(chan struct{}), make(chan struct{})
	a, stop := program(t, c, app.Options{Clock: clock.NewManual(time.Now()), Transport: func(next http.RoundTripper) http.RoundTripper {
		return gate{next, &sync.Once{}, entered, release}
	}})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if resp, err := client.Get("http://" + c.OpsListen + "/readyz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("readyz: %v %v", resp, err)
	}
	answered := make(chan int, 1)
	go func() {
		resp, err := client.Get(c.PortalURL + "/dich-vu-cong/cong-dan/dang-nhap")
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		answered <- resp.StatusCode
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	// The listener closes although the request still runs.
	for {
		if _, err := client.Get(c.OfficeURL + "/"); err != nil {
			break
		}
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a request running: %v", err)
	default:
	}
	close(release)
	if status := <-answered; status != http.StatusSeeOther {
		t.Errorf("the running request was answered %d", status)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := a.DB.Ping(t.Context()); err == nil {
		t.Error("the database is still open")
	}
}

// gate stops the first call until it is released.
type gate struct {
	next             http.RoundTripper
	once             *sync.Once
	entered, release chan struct{}
}

func (g gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.once.Do(func() {
		close(g.entered)
		<-g.release
	})
	return g.next.RoundTrip(r)
}

func TestServeRefusesADemosDatabase(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	c := *a.Config
	c.Demo, c.MasterKeyFile = false, filepath.Join(a.Data, "master.key")
	_, err := app.New(t.Context(), &c, app.Options{Log: io.Discard, Listeners: listeners(t, "portal", "office", "id")})
	var refusal *app.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Vi, "bản dùng thử") {
		t.Errorf("err = %v", err)
	}
}

func TestWrongMasterKeyIsRefused(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	c := *a.Config
	c.MasterKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	_, err := app.Open(t.Context(), &c, app.Options{Log: io.Discard})
	var refusal *app.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Vi, "không phải khóa chủ của cơ sở dữ liệu này") {
		t.Errorf("err = %v", err)
	}
}

func listeners(t *testing.T, names ...string) map[string]net.Listener {
	t.Helper()
	out := map[string]net.Listener{}
	for _, n := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		out[n] = l
	}
	return out
}

func TestLoadAccountsSignInUnderProductionLimits(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		url := dbtest.URL(t, dialect)
		for _, n := range []int{3, 2500, 2600, 2600} {
			c := config.Demo{Data: filepath.Join(t.TempDir(), "d"), Database: url, Synchronous: "NORMAL", LogLevel: "error", LoadAccounts: n,
				PortalURL: "http://localhost:1", OfficeURL: "http://localhost:2", IDURL: "http://localhost:3"}.Config()
			c.MasterKey = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="
			a, err := app.New(t.Context(), c, app.Options{Log: io.Discard, Manual: true, Listeners: listeners(t, "portal", "office", "id")})
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range []int{0, n - 1} {
				acc, err := a.People.Find(t.Context(), a.DB, demo.LoadNumber(i))
				if err != nil || acc.Phone != demo.LoadPhone(i) || acc.PasswordHash == nil {
					t.Errorf("account %d: %+v %v", i, acc, err)
				}
			}
			if _, err := a.People.Find(t.Context(), a.DB, demo.LoadNumber(n)); err == nil {
				t.Errorf("account %d exists", n)
			}
			if a.People.Limits.Factor != 1 {
				t.Errorf("limits are %d times production's", a.People.Limits.Factor)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
