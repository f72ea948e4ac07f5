package citizen

import (
	"context"
	"time"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/secretbox"
	"motcua/internal/session"
)

// Parts are what a Service is made of.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	Box      *secretbox.Box
	Sessions *session.Store
	Audit    *audit.Log
	// Idle ends a session that is not used; zero is session.DefaultIdle.
	Idle time.Duration
}

// Service is safe for concurrent use.
type Service struct{ Parts }

// New returns the service of p.
func New(p Parts) *Service {
	if p.Idle == 0 {
		p.Idle = session.DefaultIdle
	}
	return &Service{p}
}

// ErrNotFound says that there is no such person, or no live session.
var ErrNotFound = db.ErrNotFound

// A Citizen is a person as the provider last described them. The fields are
// those of Identity.
type Citizen struct {
	ID          string    `db:"id"`
	Issuer      string    `db:"issuer"`
	Subject     string    `db:"subject"`
	Number      string    `db:"number"`
	Name        string    `db:"name"`
	BirthDate   string    `db:"birth_date"`
	Sex         string    `db:"sex"`
	Phone       string    `db:"phone"`
	Level       string    `db:"level"`
	AccountType string    `db:"account_type"`
	CreatedAt   time.Time `db:"created_at"`
	// UpdatedAt is when the provider last sent these data.
	UpdatedAt time.Time `db:"updated_at"`
}

const columns = `id, issuer, subject, number, name, birth_date, sex, phone, level, account_type, created_at, updated_at`

// Get returns a person, or ErrNotFound.
func (s *Service) Get(ctx context.Context, q db.Querier, id string) (Citizen, error) {
	return db.Get[Citizen](ctx, q, `SELECT `+columns+` FROM citizen WHERE id = $1`, id)
}

// A Visit is a person with the session of the browser that asks.
type Visit struct {
	Citizen
	SessionID  string
	SignedInAt time.Time
	// Left is how long the session lives without further use.
	Left time.Duration
}

// Visit finds who is behind a session token, or ErrNotFound. It counts as use.
func (s *Service) Visit(ctx context.Context, token string) (Visit, error) {
	if token == "" {
		return Visit{}, ErrNotFound
	}
	v, err := s.Sessions.Lookup(ctx, site, kind, token)
	if err != nil {
		return Visit{}, err
	}
	c, err := s.Get(ctx, s.DB, v.Subject)
	if err != nil {
		return Visit{}, err
	}
	return Visit{Citizen: c, SessionID: v.ID, SignedInAt: v.CreatedAt, Left: s.Sessions.IdleLeft(v)}, nil
}

// Continue gives a session its whole idle time again and says how long it then
// lives, which its absolute end may shorten (SES-01).
func (s *Service) Continue(ctx context.Context, token string) (time.Duration, error) {
	v, err := s.Visit(ctx, token)
	if err != nil {
		return 0, err
	}
	if err := s.Sessions.Touch(ctx, v.SessionID); err != nil {
		return 0, err
	}
	fresh, err := s.Sessions.Get(ctx, s.DB, v.SessionID)
	if err != nil {
		return 0, err
	}
	return s.Sessions.IdleLeft(fresh), nil
}
