package signin_test

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/secretbox"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

// rig is a relying party and its provider.
type rig struct {
	t       *testing.T
	db      *db.DB
	clk     *clock.Manual
	op      *signintest.Provider
	s       *signin.Service
	browser string
}

// newRig starts the clock at the real time, because token times are real.
func newRig(t *testing.T, d *db.DB, change ...func(*signin.Provider)) *rig {
	t.Helper()
	r := &rig{t: t, db: d, clk: clock.NewManual(time.Now()), op: signintest.New(t), browser: signin.NewBrowserToken()}
	r.op.AuthTime = r.clk.Now
	p := provider(r.op)
	for _, c := range change {
		c(&p)
	}
	box, err := secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), r.clk)
	if err != nil {
		t.Fatal(err)
	}
	if r.s, err = signin.New(d, r.clk, box, p); err != nil {
		t.Fatal(err)
	}
	return r
}

func provider(op *signintest.Provider) signin.Provider {
	return signin.Provider{
		Issuer: op.Issuer(), ClientID: signintest.ClientID,
		ClientSecret: func() string { return signintest.ClientSecret },
		RedirectURL:  op.RedirectURI, DisplayName: "Nhà cung cấp thử",
	}
}

// each runs fn with a rig on both engines.
func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newRig(t, d)) })
}

// one runs on SQLite: for rules that no statement carries.
func one(t *testing.T, change ...func(*signin.Provider)) *rig {
	return newRig(t, dbtest.New(t, db.SQLite), change...)
}

func (r *rig) start(q signin.Request) string {
	r.t.Helper()
	q.BrowserToken = r.browser
	address, err := r.s.Start(context.Background(), q)
	if err != nil {
		r.t.Fatalf("Start: %v", err)
	}
	return address
}

// begin starts a sign-in and gives what the person brings back.
func (r *rig) begin(returnTo string) url.Values {
	r.t.Helper()
	return r.op.Grant(r.start(signin.Request{ReturnTo: returnTo}))
}

func (r *rig) callback(q url.Values) (signin.Result, error) {
	return r.s.Callback(context.Background(), q.Encode(), r.browser)
}

// wantFailure checks a refusal by kind and, unless empty, reason.
func wantFailure(t *testing.T, err error, kind signin.Kind, reason string) *signin.Failure {
	t.Helper()
	f := signin.AsFailure(err)
	if f == nil {
		t.Fatalf("error = %v, want a failure %s (%s)", err, kind, reason)
	}
	if f.Kind != kind || (reason != "" && f.Reason != reason) {
		t.Fatalf("failure %s (%s), want %s (%s)", f.Kind, f.Reason, kind, reason)
	}
	for _, secret := range []string{"access-", "eyJ", signintest.ClientSecret} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
	return f
}

func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}
