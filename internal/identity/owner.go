package identity

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

var (
	// ErrNotProven says that number and code have to be given anew before
	// something may be changed (SES-04).
	ErrNotProven = errors.New("identity: prove again who you are")
	// ErrSamePhone says that the new phone is the one that the account has.
	ErrSamePhone = errors.New("identity: the account has this phone")
	// ErrSamePassword says that the new password is the present one.
	ErrSamePassword = errors.New("identity: the account has this password")
)

// An Owner is somebody signed in at the provider who changes their own account.
type Owner struct {
	AccountID, SessionID string
	Browser, Device      string // marks
	Source               netip.Addr
}

// BeginProof looks at the owner's present password and sends a code to their
// phone. It errs with ErrRefused, *TooMany or credential.ErrBusy.
func (s *Service) BeginProof(ctx context.Context, o Owner, password string) error {
	a, err := s.Get(ctx, s.DB, o.AccountID)
	if err != nil {
		return err
	}
	account, held, newHash, err := s.prove(ctx, Try{Browser: o.Browser, Device: o.Device, Source: o.Source, Number: a.Number, Password: password})
	if err != nil {
		return err
	}
	_ = newHash // the next sign-in renews it
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.throttle.PeekSource(ctx, tx, o.Source); err != nil {
			return err
		}
		if err := s.throttle.Clear(ctx, tx, held.Subject); err != nil {
			return err
		}
		e, err := s.insertErrand(ctx, tx, errand{Kind: errandProof, AccountID: &account.ID, SessionID: &o.SessionID, Browser: digest(o.Browser),
			LimitKey: account.ID, Phone: account.Phone, Source: o.Source.String()})
		if err != nil {
			return err
		}
		if err := s.askCode(ctx, tx, e, o.Source); err != nil {
			return err
		}
		return s.auditErrand(ctx, tx, "account.proof_begin", e, audit.OK, "")
	})
	if err != nil {
		return errors.Join(err, s.throttle.GiveBack(ctx, held.Reservation))
	}
	return nil
}

// OwnerView is the state of the owner's newest errand for a code: of the new
// phone when newPhone, else of the proof. It errs with ErrErrandOver.
func (s *Service) OwnerView(ctx context.Context, o Owner, newPhone bool) (ErrandView, error) {
	e, _, err := s.ownerErrand(ctx, s.DB, o, newPhone)
	if err != nil {
		return ErrandView{}, err
	}
	return s.viewErrand(ctx, e, true)
}

func (s *Service) ownerErrand(ctx context.Context, q db.Querier, o Owner, newPhone bool) (errand, Account, error) {
	kind := errandProof
	if newPhone {
		kind = errandNewPhone
	}
	return s.sessionErrand(ctx, q, kind, o.SessionID)
}

// ResendOwner asks for another code, as ResendForgotten does.
func (s *Service) ResendOwner(ctx context.Context, o Owner, newPhone bool) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, _, err := s.ownerErrand(ctx, tx, o, newPhone)
		if err != nil {
			return err
		}
		return s.resendCode(ctx, tx, e, o.Source)
	})
}

// ConfirmProof judges the code of the proof. From Confirmed on the owner may
// change one thing within ProofFresh. It errs with ErrErrandOver.
func (s *Service) ConfirmProof(ctx context.Context, o Owner, typed string) (v Verdict, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, a, err := s.ownerErrand(ctx, tx, o, false)
		if err != nil {
			return err
		}
		codes, err := s.throttle.Failures(ctx, tx, s.codeSubject(a.ID))
		if err != nil {
			return err
		}
		if codes >= credential.HardFailures {
			v = Verdict{Outcome: AccountBlocked}
		} else if v, err = s.tryCode(ctx, tx, e, typed); err != nil {
			return err
		}
		switch v.Outcome {
		case Confirmed:
			if err := s.throttle.Clear(ctx, tx, s.codeSubject(a.ID)); err != nil {
				return err
			}
			return s.auditErrand(ctx, tx, "account.proof", e, audit.OK, "")
		case WrongCode, Cancelled:
			if err := s.countWrong(ctx, tx, a); err != nil {
				return err
			}
		}
		return s.auditErrand(ctx, tx, "account.proof", e, audit.Refused, v.Outcome.reason())
	})
	return v, err
}

// Proven tells whether the owner was proven anew and may change something,
// and until when.
func (s *Service) Proven(ctx context.Context, o Owner) (until time.Time, ok bool, err error) {
	e, _, err := s.proven(ctx, s.DB, o)
	if errors.Is(err, ErrNotProven) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, err
	}
	return e.CodedAt.Add(ProofFresh), true, nil
}

func (s *Service) proven(ctx context.Context, q db.Querier, o Owner) (errand, Account, error) {
	e, a, err := s.ownerErrand(ctx, q, o, false)
	if errors.Is(err, ErrErrandOver) || err == nil && (e.CodedAt == nil || !s.now().Before(e.CodedAt.Add(ProofFresh))) {
		err = ErrNotProven
	}
	return e, a, err
}

// useProof uses the proof up: one change for one proof.
func (s *Service) useProof(ctx context.Context, tx *db.Tx, o Owner) (Account, error) {
	e, a, err := s.proven(ctx, tx, o)
	if err != nil {
		return a, err
	}
	if first, err := s.endErrand(ctx, tx, e); err != nil || !first {
		return a, errors.Join(err, ErrNotProven)
	}
	return a, nil
}

// ChangePassword replaces the password of who was proven anew; the account's
// other sessions end and its owner is told. The activated phone stays. It errs
// with ErrNotProven, ErrSamePassword, a *credential.Weak or credential.ErrBusy.
func (s *Service) ChangePassword(ctx context.Context, o Owner, password string) error {
	_, a, err := s.proven(ctx, s.DB, o)
	if err != nil {
		return err
	}
	hash, err := s.newPassword(ctx, a, password)
	if err != nil {
		return err
	}
	if same, _, err := s.verify(ctx, a, password); err != nil {
		return err
	} else if same {
		return ErrSamePassword
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := s.useProof(ctx, tx, o)
		if err != nil {
			return err
		}
		if err := s.writePassword(ctx, tx, a, hash); err != nil {
			return err
		}
		if err := s.endEverywhere(ctx, tx, a.ID, o.SessionID, "password_change"); err != nil {
			return err
		}
		if err := s.tellPassword(ctx, tx, a); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.password_change", Actor: ref(a.ID), Target: ref(a.ID), Outcome: audit.OK})
	})
}
