package apptest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/app"
	"motcua/internal/clock"
	"motcua/internal/config"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/sms"
)

// Options choose what is started. The zero value is the demo on SQLite.
type Options struct {
	Dialect db.Dialect // zero: SQLite
	// Database is the address of a database that another App uses as well, for
	// tests with two replicas; empty: a fresh one.
	Database string
	// Data is the folder with the master key; replicas share it.
	Data string
	// Clock is shared by replicas; nil: one that stands at the real time.
	Clock *clock.Manual
	// Background runs jobs as they become due, as in production.
	Background bool
	// ProductionLimits turns the demo's wide limits off.
	ProductionLimits bool
	// Change edits the configuration before the start.
	Change func(*config.Config)
	// Profile is how portal and office speak to the provider, as demo's
	// --profile; empty: as usual.
	Profile string
	// Sites that this process runs; empty: all.
	Sites []string
}

// An App is a running program.
type App struct {
	*app.App
	Portal, Office, ID, Ops string // addresses without a slash at the end
	Database, Data          string
	Clock                   *clock.Manual
	Inbox                   *sms.Inbox
	Log                     *Log
	Faults                  *Faults

	t testing.TB
}

// Start runs the program until the test ends and checks that it stops cleanly.
func Start(t testing.TB, o Options) *App {
	t.Helper()
	a := &App{t: t, Clock: o.Clock, Database: o.Database, Data: o.Data, Log: &Log{}, Faults: &Faults{}}
	if a.Clock == nil {
		// The OpenID libraries read the machine's clock: ours starts there.
		a.Clock = clock.NewManual(time.Now())
	}
	if a.Database == "" {
		if o.Dialect == 0 {
			o.Dialect = db.SQLite
		}
		a.Database = dbtest.URL(t, o.Dialect)
	}
	if a.Data == "" {
		a.Data = t.TempDir()
	}
	listeners := map[string]net.Listener{}
	address := func(name string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[name] = l
		return fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	}
	a.Portal, a.Office, a.ID, a.Ops = address(config.Portal), address(config.Office), address(config.ID), address(app.Ops)

	c := config.Demo{Data: a.Data, Database: a.Database, Synchronous: "NORMAL", LogLevel: "debug",
		PortalURL: a.Portal, OfficeURL: a.Office, IDURL: a.ID, Profile: o.Profile}.Config()
	if len(o.Sites) > 0 {
		c.Sites = o.Sites
	}
	if o.Change != nil {
		o.Change(c)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	var err error
	a.App, err = app.New(t.Context(), c, app.Options{
		Clock: a.Clock, Log: a.Log, Listeners: listeners, Manual: !o.Background, ProductionLimits: o.ProductionLimits,
		Transport: func(next http.RoundTripper) http.RoundTripper { return transport{a.Faults, next} },
		SMS:       func(p sms.Provider) sms.Provider { return carrier{p, a.Faults} },
	})
	if err != nil {
		for _, l := range listeners {
			_ = l.Close()
		}
		t.Fatalf("start: %v\n%s", err, a.Log)
	}
	a.Inbox = a.App.Inbox
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			t.Logf("log of the program:\n%s", a.Log)
		}
	})
	return a
}

// Drain runs every job that is due by the clock, and those they cause.
func (a *App) Drain() {
	a.t.Helper()
	if err := a.Jobs.Drain(context.Background()); err != nil {
		a.t.Fatalf("jobs: %v", err)
	}
}

// Periodic runs a periodic job now, such as app.JobSeal.
func (a *App) Periodic(kind string) {
	a.t.Helper()
	if err := a.Jobs.RunPeriodic(context.Background(), kind); err != nil {
		a.t.Fatalf("periodic %s: %v", kind, err)
	}
}

var sixDigits = regexp.MustCompile(`^\d{6}\b`)

// OTP runs the due jobs and returns the newest code that reached a phone
// (E.164); it ends the test when there is none.
func (a *App) OTP(phone string) string {
	a.t.Helper()
	a.Drain()
	for _, m := range a.Inbox.List(phone) {
		if code := sixDigits.FindString(m.Text); code != "" {
			return code
		}
	}
	a.t.Fatalf("no code reached %s", phone)
	return ""
}

// Faults make what lies outside of the sites fail. The zero value lets
// everything through; tests change it while the program runs.
type Faults struct {
	mu       sync.Mutex
	provider func(r *http.Request, next http.RoundTripper) (*http.Response, error)
	sms      func(sms.Message) error
}

// Provider answers the portal's calls to its provider in place of next; nil
// lets them through.
func (f *Faults) Provider(fn func(r *http.Request, next http.RoundTripper) (*http.Response, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.provider = fn
}

// SMS is asked before each message goes to the inbox: an error is the
// carrier's. Nil accepts all.
func (f *Faults) SMS(fn func(sms.Message) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sms = fn
}

type transport struct {
	faults *Faults
	next   http.RoundTripper
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.faults.mu.Lock()
	fn := t.faults.provider
	t.faults.mu.Unlock()
	if fn == nil {
		return t.next.RoundTrip(r)
	}
	return fn(r, t.next)
}

type carrier struct {
	sms.Provider
	faults *Faults
}

func (c carrier) Send(ctx context.Context, m sms.Message) (string, error) {
	c.faults.mu.Lock()
	fn := c.faults.sms
	c.faults.mu.Unlock()
	if fn != nil {
		if err := fn(m); err != nil {
			return "", err
		}
	}
	return c.Provider.Send(ctx, m)
}

// Log keeps what the program logs.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Lines returns the log lines that contain every one of the parts.
func (l *Log) Lines(parts ...string) []string {
	var out []string
next:
	for line := range strings.Lines(l.String()) {
		for _, p := range parts {
			if !strings.Contains(line, p) {
				continue next
			}
		}
		out = append(out, line)
	}
	return out
}
