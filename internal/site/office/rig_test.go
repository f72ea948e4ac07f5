package office

import (
	"bytes"
	"context"
	"encoding/base32"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/jobs"
	"motcua/internal/oidcop"
	"motcua/internal/org"
	"motcua/internal/ratelimit"
	"motcua/internal/secretbox"
	"motcua/internal/session"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
	"motcua/internal/sms"
	"motcua/internal/web"
)

const (
	officeURL = "http://localhost:8081"
	// password is every officer's in these tests.
	password = "mot cau du dai de nho"
)

// quickHasher stands in for the slow one, which has tests of its own.
type quickHasher struct{}

func (quickHasher) Hash(_ context.Context, pw string) (string, error) { return "hash of " + pw, nil }
func (quickHasher) VerifyNone(context.Context, string) error          { return nil }
func (quickHasher) Verify(_ context.Context, hash, pw string) (ok, rehash bool, err error) {
	return hash == "hash of "+pw, false, nil
}

// rig is the site over a real database, with a provider behind it.
type rig struct {
	t   *testing.T
	db  *db.DB
	clk *clock.Manual
	org *org.Service
	ids *identity.Service
	op  *signintest.Provider
	h   http.Handler
	log bytes.Buffer
	// inbox is where messages end that a job would send.
	inbox *sms.Inbox
	sms   *sms.Service
}

func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newRig(t, d)) })
}

func one(t *testing.T, networks ...netip.Prefix) *rig {
	return newRig(t, dbtest.New(t, db.SQLite), networks...)
}

func newRig(t *testing.T, d *db.DB, networks ...netip.Prefix) *rig {
	t.Helper()
	// Token times are real, so the clock begins at the real time.
	r := &rig{t: t, db: d, clk: clock.NewManual(time.Now()), op: signintest.New(t)}
	r.op.AuthTime, r.op.RedirectURI = r.clk.Now, officeURL+PathCallback
	box, err := secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), r.clk)
	r.must(err)
	log := slog.New(slog.DiscardHandler)
	registry := jobs.NewRegistry()
	identity.Register(registry, func() *identity.Service { return r.ids })
	queue, err := jobs.New(d, r.clk, registry, log)
	r.must(err)
	r.inbox = sms.NewInbox(r.clk)
	messages := sms.New(d, r.clk, box, queue, registry, r.inbox, log)
	r.sms = messages
	r.org = org.New(org.Parts{DB: d, Clock: r.clk, Box: box, Hasher: quickHasher{}, Audit: audit.New(d, r.clk),
		Sessions: session.New(d, r.clk), Limiter: ratelimit.New(r.clk), SMS: messages})
	r.ids = identity.New(identity.Parts{DB: d, Clock: r.clk, Box: box, Jobs: queue, SMS: messages, Audit: audit.New(d, r.clk),
		Hasher:   credential.New(func(b []byte) []byte { return box.MAC("password-pepper", b) }, 2),
		Sessions: session.New(d, r.clk), Limiter: ratelimit.New(r.clk)})
	provider, err := oidcop.New(oidcop.Parts{DB: d, Clock: r.clk, Box: box, Audit: audit.New(d, r.clk), Sessions: session.New(d, r.clk), People: r.ids, Jobs: queue})
	r.must(err)
	vneid, err := signin.New(d, r.clk, box, signin.Provider{Issuer: r.op.Issuer(), ClientID: signintest.ClientID,
		ClientSecret: func() string { return signintest.ClientSecret }, RedirectURL: officeURL + PathCallback, Purpose: "office"})
	r.must(err)
	u, err := url.Parse(officeURL)
	r.must(err)
	pages, err := NewRenderer()
	r.must(err)
	r.h = New(Parts{Clock: r.clk, Org: r.org, People: r.ids, Clients: provider, Audit: audit.New(d, r.clk), SMS: messages, DeclareOut: r.declareOut, ResumeSMS: r.resumeSMS, VNeID: vneid, Networks: networks, Web: &web.Site{
		Name: "office", URL: u, Renderer: pages, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		Places:   web.Places{Portal: "http://localhost:8080", Office: officeURL, ID: r.op.Issuer()},
		Contacts: map[string]web.Contact{"vi": {Province: "tỉnh Hưng Yên", Hotline: "1900 0000"}},
		Provider: map[string]string{"vi": "VNeID (mô phỏng)"},
	}})
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

var console = audit.Ref{Kind: "console", ID: "test"}

// officer makes one who may sign in at once; the posts need no second factor
// unless the role says so. The first officer ever would become administrator,
// so one stands before all others.
func (r *rig) officer(username, number string, posts ...org.NewPost) org.Officer {
	r.t.Helper()
	var o org.Officer
	r.must(r.db.WithTx(r.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		if _, err := r.org.Officer(ctx, tx, "first"); err != nil {
			for _, u := range []org.NewUnit{{Code: "H31.1", Name: "Trung tâm", Kind: "centre"}, {Code: "H31.2", Name: "Sở Tư pháp", Kind: "department"}} {
				if _, err := r.org.InsertUnit(ctx, tx, console, u); err != nil {
					return err
				}
			}
			if _, err := r.org.InsertOfficer(ctx, tx, console, org.NewOfficer{Username: "first", Name: "Quản Trị"}, "x", false); err != nil {
				return err
			}
		}
		o, err = r.org.InsertOfficer(ctx, tx, console, org.NewOfficer{Username: username, Name: "Lê Thị Mỹ Duyên", Number: number, Posts: posts},
			"hash of "+password, false)
		return err
	}))
	return o
}

// duyen has two posts and no administration.
func (r *rig) duyen() org.Officer {
	return r.officer("duyen.ltm", "", org.NewPost{Unit: "H31.1", Role: org.RoleReception, From: r.clk.Now().Add(-2 * time.Hour)},
		org.NewPost{Unit: "H31.2", Role: org.RoleHandler, From: r.clk.Now().Add(-time.Hour)})
}

// browser keeps cookies as browsers do.
type browser struct {
	*rig
	cookies map[string]*http.Cookie
	json    bool
	address string
}

func (r *rig) browser() *browser {
	return &browser{rig: r, cookies: map[string]*http.Cookie{}, address: "10.1.2.3:4567"}
}

// answer is a response, read to its end.
type answer struct {
	*http.Response
	body string
}

// to is where the answer leads, without our own origin.
func (a answer) to() string { return strings.TrimPrefix(a.Header.Get("Location"), officeURL) }

func (b *browser) do(method, target string, form url.Values) answer {
	b.t.Helper()
	req := httptest.NewRequest(method, officeURL+target, strings.NewReader(form.Encode()))
	req.RemoteAddr = b.address
	req.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36")
	if b.json {
		req.Header.Set("Accept", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
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

func (b *browser) get(target string) answer { b.t.Helper(); return b.do(http.MethodGet, target, nil) }

// post sends a form; pairs are names and values.
func (b *browser) post(target string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, target, form)
}

// leads follows one redirect and says when it is another.
func (b *browser) leads(a answer, to string) {
	b.t.Helper()
	if a.StatusCode != http.StatusSeeOther || a.to() != to {
		b.t.Fatalf("%d to %q, want %q\n%s", a.StatusCode, a.to(), to, text(a.body))
	}
}

// says checks status and words of a page.
func (b *browser) says(a answer, status int, words ...string) {
	b.t.Helper()
	seen := text(a.body)
	if a.StatusCode != status {
		b.t.Fatalf("status %d to %q, want %d\n%s", a.StatusCode, a.to(), status, seen)
	}
	for _, w := range words {
		if !strings.Contains(seen, w) {
			b.t.Errorf("the page lacks %q:\n%s", w, seen)
		}
	}
}

// signIn goes in by password.
func (b *browser) signIn(username string) {
	b.t.Helper()
	if a := b.post(pathSignIn, "ten", username, "mk", password); a.StatusCode != http.StatusSeeOther || a.to() != pathHome {
		b.t.Fatalf("sign-in: %d to %q\n%s", a.StatusCode, a.to(), text(a.body))
	}
}

// visit is the session of this browser, as the domain sees it.
func (b *browser) visit() org.Visit {
	b.t.Helper()
	v, err := b.org.Visit(b.t.Context(), b.cookies["__Host-motcua-office-s"].Value, "", netip.Addr{})
	b.must(err)
	return v
}

var (
	markup = regexp.MustCompile(`<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
	secret = regexp.MustCompile(`<code class="t-bimat">([A-Z2-7 ]+)</code>`)
)

func text(body string) string {
	return blanks.ReplaceAllString(markup.ReplaceAllString(body, " "), " ")
}

// codeOn is what an authenticator app shows that was given the page's secret.
func (b *browser) codeOn(a answer) (key []byte, code string) {
	b.t.Helper()
	m := secret.FindStringSubmatch(a.body)
	if m == nil {
		b.t.Fatalf("no secret on the page:\n%s", text(a.body))
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(m[1], " ", ""))
	b.must(err)
	return key, credential.TOTPCode(key, credential.TOTPStep(b.clk.Now()))
}

// regexpCode finds recovery codes on a page.
var regexpCode = regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}`)

func nextCode(key []byte, now time.Time) string {
	return credential.TOTPCode(key, credential.TOTPStep(now))
}
