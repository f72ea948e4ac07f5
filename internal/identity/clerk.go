package identity

import (
	"context"
	"errors"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// A Clerk is an officer who administers accounts, in the terms of whoever
// employs them: this package knows no officers.
type Clerk struct {
	By audit.Ref
	// Number is the identity number that the office knows of the officer, ""
	// for none: nobody administers an account of their own.
	Number string
}

var (
	// ErrOwnAccount says that an officer acts on the account of their own
	// number.
	ErrOwnAccount = errors.New("identity: the officer's own account")
	// ErrNumberTaken says that a number has an account already.
	ErrNumberTaken = errors.New("identity: the number has an account")
	// ErrNotActive says that the account is locked or closed, or what was
	// asked for is so already.
	ErrNotActive = errors.New("identity: the account is not in a state for this")
)

// A LockReason is why an officer locks an account.
type LockReason string

// The reasons.
const (
	LockOwner   LockReason = "owner_asked"
	LockMisuse  LockReason = "misuse"
	LockData    LockReason = "wrong_data"
	LockDeath   LockReason = "death"
	LockService LockReason = "other"
)

// LockReasons returns them in the order of lists.
func LockReasons() []LockReason {
	return []LockReason{LockOwner, LockMisuse, LockData, LockDeath, LockService}
}

// lockRow takes the account for a change by an officer: of changes at the same
// moment one waits for the other. It errs with ErrNoAccount or ErrOwnAccount.
func (s *Service) lockRow(ctx context.Context, tx *db.Tx, c Clerk, id string) (Account, error) {
	if !isID(id) {
		return Account{}, ErrNoAccount
	}
	if _, err := db.Exec(ctx, tx, `UPDATE account SET updated_at = updated_at WHERE id = $1`, id); err != nil {
		return Account{}, err
	}
	a, err := s.Get(ctx, tx, id)
	if err != nil {
		return Account{}, err
	}
	return a, c.mayTouch(a.Number)
}

func (c Clerk) mayTouch(number string) error {
	if c.Number != "" && c.Number == number {
		return ErrOwnAccount
	}
	return nil
}

// byClerk runs a change of an account with its audit record.
func (s *Service) byClerk(ctx context.Context, c Clerk, id string, e audit.Event, f func(context.Context, *db.Tx, Account) error) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := s.lockRow(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if err := f(ctx, tx, a); err != nil {
			return err
		}
		e.Actor, e.Target, e.Outcome = c.By, ref(a.ID), audit.OK
		return s.Audit.Append(ctx, tx, e)
	})
}

// LockAccount closes an account to sign-in, says why, and ends its sessions;
// services are told. It errs with ErrNoAccount, ErrOwnAccount, or ErrNotActive
// when it is locked already.
func (s *Service) LockAccount(ctx context.Context, c Clerk, id string, why LockReason) error {
	return s.byClerk(ctx, c, id, audit.Event{Action: "account.lock", Reason: string(why)}, func(ctx context.Context, tx *db.Tx, a Account) error {
		n, err := db.Exec(ctx, tx, `UPDATE account SET status = $1, lock_reason = $2, updated_at = $3, version = version + 1 WHERE id = $4 AND status = $5`,
			StatusLocked, string(why), s.now(), a.ID, StatusActive)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotActive
		}
		return s.endEverywhere(ctx, tx, a.ID, "", "locked")
	})
}

// UnlockAccount makes an account usable again, after a lock or after too many
// failures. It errs with ErrNoAccount, ErrOwnAccount, or ErrNotActive for one
// that is closed.
func (s *Service) UnlockAccount(ctx context.Context, c Clerk, id string) error {
	return s.byClerk(ctx, c, id, audit.Event{Action: "account.unlock"}, func(ctx context.Context, tx *db.Tx, a Account) error {
		n, err := db.Exec(ctx, tx, `UPDATE account SET status = $1, lock_reason = '', updated_at = $2, version = version + 1 WHERE id = $3 AND status <> $4`,
			StatusActive, s.now(), a.ID, StatusClosed)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotActive
		}
		return s.forgive(ctx, tx, a)
	})
}

// EndSession ends one session of an account at the provider; one that is over
// or somebody else's is ErrNotActive.
func (s *Service) EndSession(ctx context.Context, c Clerk, id, sessionID string) error {
	e := audit.Event{Action: "account.session_end", Detail: map[string]string{"session_id": sessionID}}
	if !isID(sessionID) {
		return ErrNotActive
	}
	return s.byClerk(ctx, c, id, e, func(ctx context.Context, tx *db.Tx, a Account) error {
		v, err := s.Sessions.Get(ctx, tx, sessionID)
		if isNotFound(err) || err == nil && (v.Site != Site || v.Subject != a.ID) {
			return ErrNotActive
		}
		if err != nil {
			return err
		}
		return s.Sessions.Revoke(ctx, tx, v.ID, "administrator")
	})
}

// EndSessions ends all sessions of an account at the provider.
func (s *Service) EndSessions(ctx context.Context, c Clerk, id string) error {
	return s.byClerk(ctx, c, id, audit.Event{Action: "account.sessions_end"}, func(ctx context.Context, tx *db.Tx, a Account) error {
		return s.endEverywhere(ctx, tx, a.ID, "", "administrator")
	})
}

// A Letter is what a person is handed on paper: with number and code they
// choose a password. The code is nowhere else.
type Letter struct {
	Number, Name string
	Code         string
	Until        time.Time
	// Recovery: it sets a forgotten password anew, together with a code by
	// SMS (IssueLetter); otherwise it activates.
	Recovery bool
}

// RecoveryLetter is IssueLetter for an officer: the password stays until the
// owner has chosen another. It errs as Letter does, and with ErrNotActive for
// an account without a password, which is activated instead.
func (s *Service) RecoveryLetter(ctx context.Context, c Clerk, id string) (Letter, error) {
	if !isID(id) {
		return Letter{}, ErrNoAccount
	}
	a, err := s.Get(ctx, s.DB, id)
	if err != nil {
		return Letter{}, err
	}
	if err := c.mayTouch(a.Number); err != nil {
		return Letter{}, err
	}
	if a.Status != StatusActive || a.PasswordHash == nil {
		return Letter{}, ErrNotActive
	}
	code, until, err := s.IssueLetter(ctx, c.By, a.Number)
	return Letter{Number: a.Number, Name: a.Name, Code: code, Until: until, Recovery: true}, err
}

// Letter makes a one-time letter. A password that the account has goes, with
// its sessions and its phone, as with Reset: whoever asks for a letter has lost
// it, or should not keep it. It errs with ErrNoAccount, ErrOwnAccount, or
// ErrNotActive unless the account is active.
func (s *Service) Letter(ctx context.Context, c Clerk, id string) (l Letter, err error) {
	err = s.byClerk(ctx, c, id, audit.Event{Action: "account.letter"}, func(ctx context.Context, tx *db.Tx, a Account) (err error) {
		if a.Status != StatusActive {
			return ErrNotActive
		}
		if a.PasswordHash != nil {
			if err := s.takePassword(ctx, tx, a); err != nil {
				return err
			}
		}
		l = Letter{Number: a.Number, Name: a.Name, Until: s.now().Add(ActivationLife)}
		l.Code, err = s.newActivation(ctx, tx, a.ID)
		return err
	})
	return l, err
}

// maxID bounds an id that comes from an address or a form.
const maxID = 64

// isID reports whether a text can be asked for as an id: PostgreSQL refuses
// others with an error that is nobody's fault.
func isID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return true
}
