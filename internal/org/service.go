package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/ratelimit"
	"motcua/internal/secretbox"
	"motcua/internal/session"
	"motcua/internal/sms"
)

const (
	// Site is the site whose sessions officers have, SessionKind their kind.
	Site        = "office"
	SessionKind = "officer"
)

// A Hasher makes and checks password hashes, as credential.Hasher does.
type Hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	Verify(ctx context.Context, hash, password string) (ok, rehash bool, err error)
	// VerifyNone does the work of Verify where there is no officer.
	VerifyNone(ctx context.Context, password string) error
}

// Parts are what the service stands on.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	Box      *secretbox.Box
	Hasher   Hasher
	SMS      *sms.Service
	Audit    *audit.Log
	Sessions *session.Store
	Limiter  *ratelimit.Limiter
	Limits   Limits
	// Idle locks the screen of an officer who does nothing; zero means
	// DefaultIdle, and it is kept within MinIdle and MaxIdle.
	Idle time.Duration
}

// Limits say how much wider than usual the counters are.
type Limits struct {
	// Factor multiplies all of them; 1 by default, 100 in the demo.
	Factor int
	// Networks hold a further factor for places that share one address.
	Networks []credential.NetworkFactor
}

// Service is safe for concurrent use.
type Service struct {
	db       *db.DB
	clk      clock.Clock
	box      *secretbox.Box
	hasher   Hasher
	sms      *sms.Service
	audit    *audit.Log
	sessions *session.Store
	limiter  *ratelimit.Limiter
	limits   Limits
	idle     time.Duration
	throttle *credential.Throttle
}

// New returns the service.
func New(p Parts) *Service {
	p.Limits.Factor = max(1, p.Limits.Factor)
	if p.Idle == 0 {
		p.Idle = DefaultIdle
	}
	return &Service{db: p.DB, clk: p.Clock, box: p.Box, hasher: p.Hasher, sms: p.SMS, audit: p.Audit, sessions: p.Sessions,
		limiter: p.Limiter, limits: p.Limits, idle: min(max(p.Idle, MinIdle), MaxIdle),
		throttle: &credential.Throttle{DB: p.DB, Clock: p.Clock, Limiter: p.Limiter, Name: "officer",
			Limits: credential.SourceLimits{Factor: p.Limits.Factor, Networks: p.Limits.Networks}}}
}

func (s *Service) mac(purpose, data string) string {
	return hex.EncodeToString(s.box.MAC(purpose, []byte(data)))
}

// maxID bounds an id that comes from an address or a form.
const maxID = 64

// isID reports whether a text can be asked for as an id: PostgreSQL refuses
// others with an error that is nobody's fault here.
func isID(s string) bool {
	return len(s) <= maxID && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// digest is the form in which random marks and tokens are stored.
func digest(mark string) string {
	sum := sha256.Sum256([]byte(mark))
	return hex.EncodeToString(sum[:])
}
