package portal

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/citizen"
	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/secretbox"
	"motcua/internal/session"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
	"motcua/internal/web"
)

const portalURL = "http://localhost:8080"

// rig is the site with a provider behind it.
type rig struct {
	t   *testing.T
	db  *db.DB
	clk *clock.Manual
	op  *signintest.Provider
	h   http.Handler
	log bytes.Buffer
}

func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newRig(t, d)) })
}

func one(t *testing.T) *rig { return newRig(t, dbtest.New(t, db.SQLite)) }

// impatient is one for slow providers.
func impatient(t *testing.T) *rig {
	return newRig(t, dbtest.New(t, db.SQLite), func(p *signin.Provider) { p.Timeout, p.SignOutTimeout = limit, limit })
}

// limit is how long a rig for slow providers waits; the others wait as long as
// the program does, so that a busy machine fails no test.
const limit = time.Second

func newRig(t *testing.T, d *db.DB, change ...func(*signin.Provider)) *rig {
	t.Helper()
	// Token times are real, so the clock begins at the real time.
	r := &rig{t: t, db: d, clk: clock.NewManual(time.Now()), op: signintest.New(t)}
	r.op.AuthTime = r.clk.Now
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	box, err := secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), r.clk)
	must(err)
	provider := signin.Provider{
		Issuer: r.op.Issuer(), ClientID: signintest.ClientID, ClientSecret: func() string { return signintest.ClientSecret },
		RedirectURL: portalURL + PathCallback,
	}
	for _, c := range change {
		c(&provider)
	}
	s, err := signin.New(d, r.clk, box, provider)
	must(err)
	u, err := url.Parse(portalURL)
	must(err)
	pages, err := NewRenderer()
	must(err)
	r.h, err = New(Parts{
		Clock: r.clk, SignIn: s,
		Citizens: citizen.New(citizen.Parts{DB: d, Clock: r.clk, Box: box, Sessions: session.New(d, r.clk), Audit: audit.New(d, r.clk)}),
		Web: &web.Site{
			Name: "portal", URL: u, Renderer: pages, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
			Places:   web.Places{Portal: portalURL, Office: "http://localhost:8081", ID: r.op.Issuer(), Account: r.op.Issuer()},
			Contacts: map[string]web.Contact{"vi": {Province: "tỉnh Hưng Yên", Hotline: "1900 0000"}},
			Provider: map[string]string{"vi": "VNeID (mô phỏng)"},
		},
	})
	must(err)
	return r
}

// browser keeps cookies as browsers do.
type browser struct {
	*rig
	cookies map[string]*http.Cookie
	accept  string
	referer string
	foreign bool // posts come from another origin
}

func (r *rig) browser() *browser { return &browser{rig: r, cookies: map[string]*http.Cookie{}} }

// answer is a response, read to its end.
type answer struct {
	*http.Response
	body string
}

// to is where the answer leads, without our own origin.
func (a answer) to() string { return strings.TrimPrefix(a.Header.Get("Location"), portalURL) }

func (b *browser) do(method, target string) answer {
	b.t.Helper()
	req := httptest.NewRequest(method, portalURL+target, http.NoBody)
	req.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36")
	if b.accept != "" {
		req.Header.Set("Accept", b.accept)
	}
	if b.referer != "" {
		req.Header.Set("Referer", b.referer)
	}
	if method == http.MethodPost {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if b.foreign {
			req.Header.Set("Sec-Fetch-Site", "cross-site")
		}
	}
	for _, c := range b.cookies {
		req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	rec := httptest.NewRecorder()
	b.h.ServeHTTP(rec, req)
	res := rec.Result()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	body, _ := io.ReadAll(res.Body)
	return answer{res, string(body)}
}

func (b *browser) get(target string) answer  { b.t.Helper(); return b.do(http.MethodGet, target) }
func (b *browser) post(target string) answer { b.t.Helper(); return b.do(http.MethodPost, target) }

func (b *browser) cookie(name string) string {
	if c := b.cookies["__Host-motcua-portal-"+name]; c != nil {
		return c.Value
	}
	return ""
}

// begin asks to sign in for a page and gives the provider's address.
func (b *browser) begin(returnTo string) string {
	b.t.Helper()
	a := b.get(PathSignIn + "?ve=" + url.QueryEscape(returnTo))
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.to(), b.op.Issuer()+"/authorize?") {
		b.t.Fatalf("sign-in answers %d, leads to %q", a.StatusCode, a.to())
	}
	return a.to()
}

// back brings what the provider answers to the callback.
func (b *browser) back(q url.Values) answer {
	b.t.Helper()
	return b.get(PathCallback + "?" + q.Encode())
}

// signIn goes the whole way.
func (b *browser) signIn(returnTo string) {
	b.t.Helper()
	if a := b.back(b.op.Grant(b.begin(returnTo))); a.to() != returnTo {
		b.t.Fatalf("sign-in leads to %q, want %q", a.to(), returnTo)
	}
	b.mustBe(true)
}

// mustBe checks whether the browser is signed in.
func (b *browser) mustBe(in bool) {
	b.t.Helper()
	a := b.get(pathCitizen)
	if got := a.StatusCode == http.StatusOK && strings.Contains(a.body, "Nguyễn Thị Thử"); got != in {
		b.t.Fatalf("signed in = %v, want %v (%d to %q)", got, in, a.StatusCode, a.to())
	}
	if !in && a.to() != PathSignIn+"?ve="+url.QueryEscape(pathCitizen) {
		b.t.Errorf("the citizen's page leads to %q", a.to())
	}
}

func (r *rig) audited(outcome, reason string) int {
	r.t.Helper()
	n, err := db.Get[int](r.t.Context(), r.db, `SELECT COUNT(*) FROM audit_record WHERE outcome = $1 AND reason = $2`, outcome, reason)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}
