package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/jobs"
	"motcua/internal/ratelimit"
	"motcua/internal/secretbox"
	"motcua/internal/session"
	"motcua/internal/sms"
)

// Site is the name of the provider's site in session rows.
const Site = "id"

// Kinds of things in audit records.
const (
	RefAccount = "account"
	RefNumber  = "number_digest"
)

// Parts are what a Service works with.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	Box      *secretbox.Box
	Hasher   *credential.Hasher
	SMS      *sms.Service
	Jobs     *jobs.Queue
	Audit    *audit.Log
	Sessions *session.Store
	Limiter  *ratelimit.Limiter
	Limits   Limits
	// IDURL is the public address of the id site: QR codes and notices lead
	// there.
	IDURL string
	// Place names the network of an address in words a person knows, "" when
	// it has no name; nil: none has.
	Place func(netip.Addr) string
	// PhoneWait is how long a phone waits that replaces another without its
	// help.
	PhoneWait time.Duration
	// NoQRNotice turns the SMS after each sign-in by QR off.
	NoQRNotice bool
	// Risk is asked before a code goes out; nil: nobody is.
	Risk RiskSignal
	// Log receives what goes wrong outside of requests; nil: slog.Default.
	Log *slog.Logger
}

// A Service holds the rules of this package over one database.
type Service struct {
	Parts
	throttle *credential.Throttle
	watch    qrWatch
}

// Register declares the jobs of this package; call it once, before the queue
// starts. The service is asked for late because it needs the queue itself.
func Register(r *jobs.Registry, service func() *Service) {
	jobs.Register(r, func(ctx context.Context, a lockNotice) error { return service().sendLockNotice(ctx, a) })
	jobs.Register(r, func(ctx context.Context, a errandCode) error { return service().sendErrandCode(ctx, a) })
	jobs.Register(r, func(ctx context.Context, a lostReport) error { return service().endLostPhone(ctx, a) })
}

// New returns a Service.
func New(p Parts) *Service {
	p.Limits = p.Limits.withDefaults()
	if p.Log == nil {
		p.Log = slog.Default()
	}
	return &Service{Parts: p, throttle: &credential.Throttle{DB: p.DB, Clock: p.Clock, Limiter: p.Limiter, Name: "password", Limits: p.Limits.failures()}}
}

// SetLimits replaces the limits of a service that nobody uses at the moment.
func (s *Service) SetLimits(l Limits) {
	s.Limits = l.withDefaults()
	s.throttle.Limits = s.Limits.failures()
}

// digest is the form in which random marks (browser, device) are stored.
func digest(mark string) string {
	sum := sha256.Sum256([]byte(mark))
	return hex.EncodeToString(sum[:])
}

func (s *Service) mac(purpose, data string) string {
	return hex.EncodeToString(s.Box.MAC(purpose, []byte(data)))
}

func (s *Service) now() time.Time { return s.Clock.Now() }

// tail returns the last n characters of an ASCII text.
func tail(s string, n int) string { return s[max(0, len(s)-n):] }
