package session

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"motcua/internal/db"
)

// Bounds of a session that asks for nothing else (SES-01).
const (
	DefaultIdle     = 15 * time.Minute
	DefaultAbsolute = 12 * time.Hour
)

// What no session may exceed (NIST SP 800-63B-4 §2.2.3, AAL2).
const (
	MaxIdle     = time.Hour
	MaxAbsolute = 24 * time.Hour
)

// ErrNotFound says that no session is alive under this token or id.
var ErrNotFound = db.ErrNotFound

// A Session is one person signed in in one browser on one site.
type Session struct {
	ID          string
	Site, Kind  string
	Subject     string // who, in the terms of the site
	ProviderSID string // the provider's session behind it, or empty
	AuthTime    time.Time
	CreatedAt   time.Time
	SeenAt      time.Time
	ExpiresAt   time.Time     // absolute end
	Idle        time.Duration // ends this long after the last use
	AMR         []string      // RFC 8176
	Agent       string
	Address     string
	Data        string // sealed by the site; opaque here
	RevokedAt   *time.Time
}

type row struct {
	ID          string     `db:"id"`
	Site        string     `db:"site"`
	Kind        string     `db:"kind"`
	Subject     string     `db:"subject"`
	ProviderSID string     `db:"provider_sid"`
	AuthTime    time.Time  `db:"auth_time"`
	CreatedAt   time.Time  `db:"created_at"`
	SeenAt      time.Time  `db:"seen_at"`
	ExpiresAt   time.Time  `db:"expires_at"`
	IdleSeconds int        `db:"idle_seconds"`
	AMR         string     `db:"amr"`
	Agent       string     `db:"agent"`
	Address     string     `db:"address"`
	Data        *string    `db:"data"`
	RevokedAt   *time.Time `db:"revoked_at"`
}

const columns = `id, site, kind, subject, provider_sid, auth_time, created_at, seen_at, expires_at, idle_seconds, amr, agent, address, data, revoked_at`

func (r row) session() Session {
	s := Session{ID: r.ID, Site: r.Site, Kind: r.Kind, Subject: r.Subject, ProviderSID: r.ProviderSID, AuthTime: r.AuthTime,
		CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, ExpiresAt: r.ExpiresAt, Idle: time.Duration(r.IdleSeconds) * time.Second,
		AMR: strings.Fields(r.AMR), Agent: r.Agent, Address: r.Address, RevokedAt: r.RevokedAt}
	if r.Data != nil {
		s.Data = *r.Data
	}
	return s
}

func (s Session) check(now time.Time) error {
	switch {
	case s.Site == "" || s.Kind == "" || s.Subject == "":
		return errors.New("session: site, kind and subject must be set")
	case s.Idle < time.Second || s.Idle > MaxIdle || s.Idle%time.Second != 0:
		return fmt.Errorf("session: idle time %v is not whole seconds up to %v", s.Idle, MaxIdle)
	case !s.ExpiresAt.After(now) || s.ExpiresAt.Sub(now) > MaxAbsolute:
		return fmt.Errorf("session: the absolute end must come within %v", MaxAbsolute)
	}
	return nil
}
