package org

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"motcua/internal/db"
	"motcua/internal/vn"
)

// MaxName bounds a person's name, in characters.
const MaxName = 100

// Status tells whether an officer may sign in.
type Status string

const (
	Active Status = "active"
	Locked Status = "locked"
)

var (
	// ErrNoOfficer says that nobody has this username.
	ErrNoOfficer = errors.New("org: no such officer")
	// ErrUsernameTaken and ErrNumberTaken say whose turn it is to choose
	// another; a username stays taken for ever.
	ErrUsernameTaken = errors.New("org: the username is taken")
	ErrNumberTaken   = errors.New("org: another officer has this identity number")
)

// Invalid says which field of new data cannot be accepted, and why, in
// English for the console and logs.
type Invalid struct{ Field, Why string }

func (e *Invalid) Error() string { return "org: " + e.Field + " " + e.Why }

// An Officer is somebody who works in the office site.
type Officer struct {
	ID            string    `db:"id"`
	Username      string    `db:"username"`
	Name          string    `db:"name"`
	Number        *string   `db:"number"` // twelve digits
	Phone         *string   `db:"phone"`  // E.164
	PasswordHash  string    `db:"password_hash"`
	PasswordSetAt time.Time `db:"password_set_at"`
	// MustChange asks for another password at the next sign-in.
	MustChange bool      `db:"must_change"`
	Status     Status    `db:"status"`
	Failures   int       `db:"failures"` // kept for older programs; Throttle counts
	CreatedAt  time.Time `db:"created_at"`
	UpdatedAt  time.Time `db:"updated_at"`
	Version    int64     `db:"version"`

	NumberSource NumberSource `db:"number_source"`
	Avatar       string       `db:"avatar"` // digest of the picture or ""
	// TOTPSince is when the second factor was enrolled; nil without one.
	TOTPSince *time.Time `db:"totp_since"`
	// LastSignInAt is that of the present session or the last one,
	// PreviousSignInAt the one before it.
	LastSignInAt     *time.Time `db:"last_sign_in_at"`
	PreviousSignInAt *time.Time `db:"previous_sign_in_at"`
}

// NumberSource tells who vouches for an officer's identity number. Only
// NumberByAdmin and NumberByVNeID can open an account.
type NumberSource string

const (
	NumberNone    NumberSource = ""
	NumberBySelf  NumberSource = "self"
	NumberByAdmin NumberSource = "admin"
	NumberByVNeID NumberSource = "vneid"
)

// NewOfficer is an officer to be made.
type NewOfficer struct {
	Username string
	Name     string
	Number   string // as typed; may be empty
	Phone    string // as typed; may be empty
	Posts    []NewPost
}

var usernamePattern = regexp.MustCompile(`^[a-z][a-z0-9]*([._-][a-z0-9]+)*$`)

// MaxUsername and minUsername are in characters.
const (
	minUsername = 3
	MaxUsername = 32
)

// NormalUsername returns a username as it is stored: without blanks around,
// in small letters. It errs with *Invalid unless it is 3 to 32 letters a–z and
// digits, with single dots, hyphens and underscores between them.
func NormalUsername(s string) (string, error) {
	if len(s) > 4*MaxUsername {
		return "", &Invalid{"username", "is too long"}
	}
	u := strings.ToLower(strings.TrimSpace(s))
	if len(u) < minUsername || len(u) > MaxUsername || !usernamePattern.MatchString(u) {
		return "", &Invalid{"username", "must be 3 to 32 letters a-z and digits, with . - _ between them"}
	}
	return u, nil
}

// check returns the data as they are stored.
func (n NewOfficer) check() (NewOfficer, error) {
	var err error
	if n.Username, err = NormalUsername(n.Username); err != nil {
		return n, err
	}
	var faults Faults
	if n.Name = cleanName(n.Name, &faults); n.Name == "" {
		return n, &Invalid{"name", "must be 1 to 100 letters, with spaces, apostrophes and hyphens"}
	}
	if n.Number != "" {
		number, err := vn.ParseIdentityNumber(n.Number)
		if err != nil {
			return n, &Invalid{"number", "must be an identity number of 12 digits"}
		}
		n.Number = number.Digits()
	}
	if n.Phone != "" {
		if n.Phone, err = vn.ParseMobile(n.Phone); err != nil {
			return n, &Invalid{"phone", "must be a Vietnamese mobile number"}
		}
	}
	return n, nil
}

const officerColumns = `id, username, name, number, phone, password_hash, password_set_at, must_change, status, failures, created_at, updated_at, version,
	number_source, avatar, totp_since, last_sign_in_at, previous_sign_in_at`

// Officer returns the officer with this username, as typed. It errs with
// ErrNoOfficer.
func (s *Service) Officer(ctx context.Context, q db.Querier, username string) (Officer, error) {
	u, err := NormalUsername(username)
	if err != nil {
		return Officer{}, ErrNoOfficer
	}
	o, err := db.Get[Officer](ctx, q, `SELECT `+officerColumns+` FROM officer WHERE username = $1`, u)
	if errors.Is(err, db.ErrNotFound) {
		return Officer{}, ErrNoOfficer
	}
	return o, err
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// LogValue keeps all but the names of the row out of logs.
func (o Officer) LogValue() slog.Value { return slog.StringValue(o.Username + " " + o.ID) }
