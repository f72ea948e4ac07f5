// Package identitytest puts an identity.Service together for tests of this and
// other packages: real database, real hashes, a clock that stands still, and
// an SMS inbox in place of a carrier.
package identitytest

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/jobs"
	"motcua/internal/ratelimit"
	"motcua/internal/secretbox"
	"motcua/internal/session"
	"motcua/internal/sms"
)

// An invented person, and a source address of the documentation range.
const (
	Number   = "099084001258"
	Phone    = "+84900000678"
	Password = "chuoi xanh bay"
)

// IDURL is the address of the id site in QR codes and notices, as long as one
// may be; PhoneWait is production's.
const (
	IDURL     = "https://dinh-danh-xac-thuc.hungyen.gov.v"
	PhoneWait = 24 * time.Hour
)

// Source is where the person of the tests signs in from.
var Source = netip.MustParseAddr("203.0.113.7")

// A Rig is a service with all its parts in reach.
type Rig struct {
	DB       *db.DB
	Registry *jobs.Registry
	Clock    *clock.Manual
	Box      *secretbox.Box
	Jobs     *jobs.Queue
	SMS      *sms.Service
	Inbox    *sms.Inbox
	Audit    *audit.Log
	Sessions *session.Store
	People   *identity.Service
	Log      *bytes.Buffer
}

// New returns a rig over d.
func New(t *testing.T, d *db.DB, limits identity.Limits) *Rig {
	t.Helper()
	r := &Rig{DB: d, Clock: clock.NewManual(time.Now()), Log: &bytes.Buffer{}}
	log := slog.New(slog.NewJSONHandler(r.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if r.Box, err = secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), r.Clock); err != nil {
		t.Fatal(err)
	}
	registry := jobs.NewRegistry()
	r.Registry = registry
	identity.Register(registry, func() *identity.Service { return r.People })
	r.Inbox = sms.NewInbox(r.Clock)
	if r.Jobs, err = jobs.New(d, r.Clock, registry, log); err != nil {
		t.Fatal(err)
	}
	r.SMS = sms.New(d, r.Clock, r.Box, r.Jobs, registry, r.Inbox, log)
	r.Audit = audit.New(d, r.Clock)
	r.Sessions = session.New(d, r.Clock)
	r.People = identity.New(identity.Parts{DB: d, Clock: r.Clock, Box: r.Box, SMS: r.SMS, Jobs: r.Jobs, Audit: r.Audit,
		Hasher:   credential.New(func(b []byte) []byte { return r.Box.MAC("password-pepper", b) }, 2),
		Sessions: r.Sessions, Limiter: ratelimit.New(r.Clock), Limits: limits,
		IDURL: IDURL, PhoneWait: PhoneWait})
	return r
}

// AddPerson writes the account of the constants and returns it.
func (r *Rig) AddPerson(t *testing.T) identity.Account {
	t.Helper()
	return r.AddAnother(t, Number, Phone)
}

// AddAnother writes an account like it with another number and phone.
func (r *Rig) AddAnother(t *testing.T, number, phone string) identity.Account {
	t.Helper()
	hash, err := r.People.Hasher.Hash(t.Context(), Password)
	if err != nil {
		t.Fatal(err)
	}
	var a identity.Account
	err = r.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		a, err = r.People.Insert(ctx, tx, audit.System, identity.Account{Number: number, Name: "Nguyễn Hữu Ưỡng",
			BirthDate: "1984-03-27", Sex: "male", Phone: phone, Level: 2, PasswordHash: &hash})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Try returns a press of the sign-in button with the person's own data.
func Try(requestID, browser string) identity.Try {
	return identity.Try{RequestID: requestID, Browser: browser, Source: Source, Service: "Cong DVC tinh Hung Yen", Number: Number, Password: Password}
}

var sixDigits = regexp.MustCompile(`^\d{6}`)

// Code runs the due jobs and returns the newest code that reached the phone.
func (r *Rig) Code(t *testing.T) string {
	t.Helper()
	return r.CodeTo(t, Phone)
}

// CodeTo is Code for another phone.
func (r *Rig) CodeTo(t *testing.T, phone string) string {
	t.Helper()
	if err := r.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Inbox.List(phone) {
		if c := sixDigits.FindString(m.Text); c != "" {
			return c
		}
	}
	t.Fatal("no code reached the phone")
	return ""
}

// Wrong returns a six-digit code that is not the given one.
func Wrong(code string, n int) string {
	b := []byte(code)
	b[n%6] = '0' + (b[n%6]-'0'+1+byte(n/6))%10
	return string(b)
}
