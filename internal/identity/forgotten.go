package identity

import (
	"context"
	"errors"
	"net/netip"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// Forgot begins the way to a new password for a number, known or not, and
// returns its id. The code by SMS is only the first proof: an activated phone
// or a letter from the counter must follow. It errs with *TooMany.
func (s *Service) Forgot(ctx context.Context, browser string, source netip.Addr, number string) (id string, err error) {
	a, err := s.Find(ctx, s.DB, number)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return "", err
	}
	e := errand{Kind: errandForgot, Browser: digest(browser), LimitKey: s.mac("errand-number", number), Source: source.String()}
	if err == nil && a.Status == StatusActive {
		e.AccountID, e.Phone = &a.ID, a.Phone
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err := s.insertErrand(ctx, tx, e)
		if err != nil {
			return err
		}
		id = e.ID
		if err := s.askCode(ctx, tx, e, source); err != nil {
			return err
		}
		return s.auditErrand(ctx, tx, "account.recover_ask", e, audit.OK, "")
	})
	return id, err
}

// ForgottenView is where this browser is on the way. It errs with
// ErrErrandOver.
func (s *Service) ForgottenView(ctx context.Context, id, browser string) (ErrandView, error) {
	e, _, err := s.forgotten(ctx, s.DB, id, browser)
	if err != nil {
		return ErrandView{}, err
	}
	return s.viewErrand(ctx, e, false)
}

// ResendForgotten asks for another code. It errs with *TooSoon, ErrNoResends,
// *TooMany or ErrErrandOver.
func (s *Service) ResendForgotten(ctx context.Context, id, browser string, source netip.Addr) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, _, err := s.forgotten(ctx, tx, id, browser)
		if err != nil {
			return err
		}
		return s.resendCode(ctx, tx, e, source)
	})
}

// ConfirmForgotten judges the code of the first step. requestID is the
// authorization request that the phone's approval will be for. It errs with
// ErrErrandOver.
func (s *Service) ConfirmForgotten(ctx context.Context, id, browser, typed, requestID string) (v Verdict, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, _, err := s.forgotten(ctx, tx, id, browser)
		if err != nil {
			return err
		}
		if v, err = s.tryCode(ctx, tx, e, typed); err != nil {
			return err
		}
		if v.Outcome != Confirmed {
			return s.auditErrand(ctx, tx, "account.recover_code", e, audit.Refused, v.Outcome.reason())
		}
		_, err = db.Exec(ctx, tx, `UPDATE account_errand SET request_id = $1 WHERE id = $2`, requestID, e.ID)
		return errors.Join(err, s.auditErrand(ctx, tx, "account.recover_code", e, audit.OK, ""))
	})
	return v, err
}

// coded returns an errand whose first step is done and whose second is not.
func (s *Service) coded(ctx context.Context, tx *db.Tx, id, browser string) (errand, Account, error) {
	e, a, err := s.forgotten(ctx, tx, id, browser)
	if err == nil && (e.CodedAt == nil || e.AccountID == nil || e.SecondFailures >= LetterTries) {
		err = ErrErrandOver
	}
	return e, a, err
}

// ProveByLetter takes the letter's code as the second proof. right is false
// for a code that is none of this account's; left is how many tries remain. It
// errs with ErrErrandOver or *TooMany.
func (s *Service) ProveByLetter(ctx context.Context, id, browser string, source netip.Addr, typed string) (right bool, left int, err error) {
	if err := s.throttle.PeekSource(ctx, s.DB, source); err != nil {
		return false, 0, err
	}
	var tooMany error
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		right, tooMany = false, nil
		e, a, err := s.coded(ctx, tx, id, browser)
		if err != nil {
			return err
		}
		letter, err := s.letter(ctx, tx, a.ID, typed)
		if err == nil {
			right = true
			if _, err := db.Exec(ctx, tx, `UPDATE account_errand SET second = $1, letter_id = $2 WHERE id = $3`, SecondLetter, letter, e.ID); err != nil {
				return err
			}
			return s.auditErrand(ctx, tx, "account.recover_second", e, audit.OK, SecondLetter)
		}
		if !isNotFound(err) {
			return err
		}
		failures, err := db.Get[int](ctx, tx, `UPDATE account_errand SET second_failures = second_failures + 1 WHERE id = $1 RETURNING second_failures`, e.ID)
		if err != nil {
			return err
		}
		left = max(0, LetterTries-failures)
		if tooMany, err = s.throttle.CountSource(ctx, tx, source, nil); err != nil {
			return err
		}
		return s.auditErrand(ctx, tx, "account.recover_second", e, audit.Refused, "letter_wrong")
	})
	return right, left, errors.Join(err, tooMany)
}

// ForgottenOf returns the errand of this browser that a request is for, or
// ErrErrandOver.
func (s *Service) ForgottenOf(ctx context.Context, q db.Querier, requestID, browser string) (string, error) {
	id, err := db.Get[string](ctx, q, `SELECT id FROM account_errand WHERE request_id = $1 AND browser = $2`, requestID, digest(browser))
	if isNotFound(err) {
		err = ErrErrandOver
	}
	return id, err
}

// ProveByApp takes what the account's phone has approved (key and passcode)
// for the errand's request as the second proof. It errs with a *Refusal.
func (s *Service) ProveByApp(ctx context.Context, requestID, browser string) (id string, err error) {
	var refused error
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		refused = nil
		if id, err = s.ForgottenOf(ctx, tx, requestID, browser); err != nil {
			return err
		}
		e, a, err := s.coded(ctx, tx, id, browser)
		if err != nil {
			return err
		}
		grant, err := s.UseQR(ctx, tx, requestID, browser)
		if err != nil {
			return err
		}
		if grant.Account.ID != a.ID {
			refused = refuse(NotActivated)
			return s.auditErrand(ctx, tx, "account.recover_second", e, audit.Refused, "other_account")
		}
		if _, err := db.Exec(ctx, tx, `UPDATE account_errand SET second = $1 WHERE id = $2`, SecondApp, e.ID); err != nil {
			return err
		}
		return s.auditErrand(ctx, tx, "account.recover_second", e, audit.OK, SecondApp)
	})
	return id, errors.Join(err, refused)
}

// SetForgotten sets the new password once both proofs are there: all sessions
// end, the owner is told. By letter the activated phone ends as well, because
// whoever knew the password may have activated it; by app it stays, it has just
// proven itself. It errs with ErrErrandOver, a *credential.Weak or
// credential.ErrBusy.
func (s *Service) SetForgotten(ctx context.Context, id, browser, password string) error {
	e, a, err := s.forgotten(ctx, s.DB, id, browser)
	if err != nil {
		return err
	}
	if e.AccountID == nil || e.CodedAt == nil || e.Second == "" {
		return ErrErrandOver
	}
	hash, err := s.newPassword(ctx, a, password)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		// Once more, now that nobody can come between.
		e, a, err := s.forgotten(ctx, tx, id, browser)
		if err != nil {
			return err
		}
		if first, err := s.endErrand(ctx, tx, e); err != nil || !first {
			return errors.Join(err, ErrErrandOver)
		}
		if e.Second == SecondLetter {
			n, err := db.Exec(ctx, tx, `UPDATE recovery_letter SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND expires_at > $1`, s.now(), *e.LetterID)
			if err != nil || n == 0 {
				return errors.Join(err, ErrErrandOver)
			}
			if err := s.endPhone(ctx, tx, a.ID, endPassword); err != nil {
				return err
			}
		}
		if err := s.writePassword(ctx, tx, a, hash); err != nil {
			return err
		}
		if err := s.forgive(ctx, tx, a); err != nil {
			return err
		}
		if err := s.endEverywhere(ctx, tx, a.ID, "", "password_recover"); err != nil {
			return err
		}
		if err := s.tellPassword(ctx, tx, a); err != nil {
			return err
		}
		return s.auditErrand(ctx, tx, "account.password_recover", e, audit.OK, e.Second)
	})
}

// newPassword judges a password and hashes it, outside of any transaction.
func (s *Service) newPassword(ctx context.Context, a Account, password string) (string, error) {
	if err := credential.Check(password, credential.MinCitizen, credential.About{Number: a.Number, Name: a.Name, BirthDate: a.BirthDate}); err != nil {
		return "", err
	}
	return s.Hasher.Hash(ctx, password)
}

// writePassword replaces the password; letters and activation codes that are
// still about are worth nothing from then on.
func (s *Service) writePassword(ctx context.Context, tx *db.Tx, a Account, hash string) error {
	now := s.now()
	if _, err := db.Exec(ctx, tx, `UPDATE account SET password_hash = $1, password_set_at = $2, updated_at = $2, version = version + 1
		WHERE id = $3`, hash, now, a.ID); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE activation SET used_at = $1 WHERE account_id = $2 AND used_at IS NULL`, now, a.ID); err != nil {
		return err
	}
	return s.endLetters(ctx, tx, a.ID)
}

// endEverywhere ends the account's sessions at the provider, its app and what
// stands on them, but one.
func (s *Service) endEverywhere(ctx context.Context, tx *db.Tx, accountID, keep, reason string) error {
	if _, err := s.Sessions.RevokeBehind(ctx, tx, Site, accountID, keep, reason); err != nil {
		return err
	}
	return s.Sessions.RevokeOthers(ctx, tx, Site, accountID, keep, reason)
}

func (s *Service) tellPassword(ctx context.Context, tx *db.Tx, a Account) error {
	_, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "password_change", Subject: a.ID,
		Text: passwordChangedText(a.Number), NotAfter: s.now().Add(day)})
	return err
}

func passwordChangedText(number string) string {
	return "Mat khau cua tai khoan ..." + tail(number, 4) + " vua duoc doi, cac phien dang nhap khac da ket thuc. Neu khong phai ban, hay goi tong dai ho tro ngay."
}
