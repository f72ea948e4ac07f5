package org

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"motcua/internal/credential"
	"motcua/internal/session"
)

// Lives and counts that the decided points fix; not settings, but for the
// idle time.
const (
	// DefaultIdle, MinIdle and MaxIdle bound the time without a request after
	// which the screen is locked.
	DefaultIdle = 30 * time.Minute
	MinIdle     = 15 * time.Minute
	MaxIdle     = time.Hour
	// SharedIdle is that of shared machines.
	SharedIdle = 5 * time.Minute
	// SessionLife is the absolute end, which unlocking does not move.
	SessionLife = 12 * time.Hour
	// StepLife ends a sign-in that nobody finishes.
	StepLife = 10 * time.Minute
	// MaxTries wrong codes end a step, wrong passwords inside a session the
	// session.
	MaxTries = 5
	// KeptLife is how long a form posted too late is kept.
	KeptLife = 15 * time.Minute
	// deviceLife is how long a browser counts as known after its last use.
	deviceLife = 180 * 24 * time.Hour
)

var (
	// ErrRefused is the one answer for an unknown username, a wrong password
	// and a blocked or locked account (PW-05).
	ErrRefused = errors.New("org: sign-in refused")
	// ErrNoStep says that a sign-in is over: finished, too old, or too many
	// wrong codes. The person begins anew.
	ErrNoStep = errors.New("org: no such pending sign-in")
	// ErrWrongCode says that a code of the second factor that is being
	// enrolled does not match.
	ErrWrongCode = errors.New("org: wrong code")
	// ErrSamePassword says that a new password is the old one.
	ErrSamePassword = errors.New("org: the new password is the old one")
	// ErrNoOfficerForVNeID says that nobody can be signed in as this person.
	ErrNoOfficerForVNeID = errors.New("org: no officer for this VNeID account")
	// ErrLocked says that only the lock screen may be shown.
	ErrLocked = errors.New("org: the screen is locked")
	// ErrNotFound says that nobody is signed in.
	ErrNotFound = session.ErrNotFound
	// ErrNeedsTOTP says that a post demands the second factor.
	ErrNeedsTOTP = errors.New("org: a post demands the second factor")
	// ErrNoTOTP says that no second factor is being enrolled or there.
	ErrNoTOTP = errors.New("org: no second factor")
	// ErrNotKept says that no form is kept under this id for this officer.
	ErrNotKept = errors.New("org: no such kept form")
)

// TooMany says that one address or network failed too often, or that too many
// codes were wrong.
type TooMany = credential.TooMany

// Wrong says how many tries are left after a wrong code or password; with
// none left the step or session is over.
type Wrong struct {
	Left     int
	password bool
}

func (e *Wrong) Error() string { return fmt.Sprintf("org: wrong, %d tries left", e.Left) }

// Is tells a wrong password from a wrong code, for those who do not count.
func (e *Wrong) Is(target error) bool { return e.password && target == ErrWrongPassword }

// A Try is one press of the sign-in button, or an arrival from VNeID (without
// Username and Password).
type Try struct {
	Username string // as typed
	Password string
	Device   string // the long-lived mark of a browser that may be known; may be empty
	Machine  string // the mark of a shared machine; may be empty
	Former   string // the session token that this browser had; that session ends
	Agent    string
	Source   netip.Addr
}

// NextStep is what a pending sign-in still asks for.
type NextStep string

const (
	NextTOTP   NextStep = "totp"   // a code of the second factor
	NextChange NextStep = "change" // another password
	NextEnrol  NextStep = "enrol"  // a second factor, which a post demands
	NextLink   NextStep = "link"   // the own password, once, to link VNeID
)

// A Step is the answer to each part of a sign-in: either Next is asked under
// Token, or Done is the session.
type Step struct {
	Token string
	Next  NextStep
	Done  *Opened
}

// Opened is a new session.
type Opened struct {
	Token string
	// Page is the officer's default page or PageHome. Fallen: another was
	// chosen, but it is no longer allowed.
	Page   PageKey
	Fallen bool
	Shared bool // on a shared machine
}

// PendingView is what the pages of a pending sign-in may show.
type PendingView struct {
	Username string
	Name     string
	Next     NextStep
	Left     time.Duration // until the step ends
}

// A Visit is an officer with the session of the browser that asks.
type Visit struct {
	Session session.Session
	Officer Officer
	Post    Post   // the active one; zero when the officer has none
	Posts   []Post // of now, oldest first
	// Left is how long until the screen locks without further use.
	Left   time.Duration
	Shared bool // a shared machine
	// LastSignIn is the one before this session; nil when there is none.
	LastSignIn *time.Time
	Locked     bool
}

// VNeID is a person as the provider states it.
type VNeID struct {
	Issuer, Subject string
	Number          string // 12 digits, or ""
	Name            string
	AuthTime        time.Time
	// SID is the provider's session behind it: whoever ends that one there,
	// as its owner can from a notice, ends the officer's too.
	SID string
}

// A SharedPlace is a browser or a network that several officers use.
type SharedPlace struct {
	ID        string    `db:"id"`
	Kind      string    `db:"kind"` // SharedBrowser or SharedNetwork
	Key       string    `db:"key"`  // digest of the mark, or the prefix
	Label     string    `db:"label"`
	OfficerID string    `db:"officer_id"` // who marked it
	CreatedAt time.Time `db:"created_at"`
}

// The kinds of shared places.
const (
	SharedBrowser = "browser"
	SharedNetwork = "network"
)
