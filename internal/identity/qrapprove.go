package identity

import (
	"context"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// An Approval is the owner's yes.
type Approval struct {
	Attempt   string
	Number    string // the one chosen; empty in the same browser
	Passcode  string // may be empty within passcodeFresh of the last one
	Signature string // of the phone's key over what was shown and the number
	OTP       string // when the code was typed
}

// Approved is an approval that counts.
type Approved struct {
	ClientID string
	Service  string
	Second   bool // another phone tried as well
}

// Approve signs the owner in at the page that waits. The signature covers all
// that was shown and the number that was chosen; a passcode within tries
// stands for the person (QR-06). A wrong number ends the attempt for both
// sides (QR-05). It errs with a *Refusal, or credential.ErrBusy.
func (s *Service) Approve(ctx context.Context, token, lang string, y Approval) (Approved, error) {
	app, err := s.signedApp(ctx, token)
	if err != nil {
		return Approved{}, err
	}
	a, err := s.ownQR(ctx, s.DB, app, y.Attempt)
	if err != nil {
		return Approved{}, err
	}
	if err := answerable(a, s.now()); err != nil {
		return Approved{}, err
	}
	if !verifySignature(app.Phone.PublicKey, a.Shown+"\n"+y.Number, y.Signature) {
		return Approved{}, s.refuseApproval(ctx, app, a, refuse(BadProof))
	}
	if err := s.passcodeFor(ctx, app, a, y.Passcode); err != nil {
		return Approved{}, err
	}
	var refusal error
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if refusal, err = s.decide(ctx, tx, app, a, y); err != nil || refusal != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "qr.approve", Actor: ref(app.Account.ID), Target: a.ref(), Outcome: audit.OK,
			Detail: map[string]string{"client": a.ClientID, "how": a.How, "source": a.Source}})
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return Approved{}, err
	}
	return Approved{ClientID: a.ClientID, Service: a.serviceIn(lang), Second: a.Second}, nil
}

func answerable(a qrAttempt, now time.Time) error {
	switch a.stateAt(now) {
	case QRScanned:
		return nil
	case QRApproved, QRUsed:
		return refuse(Taken)
	}
	return refuse(Over)
}

// passcodeFor lets an approval through whose passcode is right or fresh.
func (s *Service) passcodeFor(ctx context.Context, app App, a qrAttempt, passcode string) error {
	if passcode == "" {
		if app.fresh(s.now()) {
			return nil
		}
		return refuse(NeedPasscode)
	}
	right, left, err := s.tryPasscode(ctx, *app.Phone, passcode)
	if err != nil {
		return err
	}
	if right {
		_, err := db.Exec(ctx, s.DB, `UPDATE app_session SET passcode_at = $1 WHERE session_id = $2`, s.now(), app.SessionID)
		return err
	}
	if left <= 0 {
		return s.refuseApproval(ctx, app, a, refuse(PhoneLocked))
	}
	return s.refuseApproval(ctx, app, a, &Refusal{Code: WrongPasscode, Left: left})
}

func (s *Service) refuseApproval(ctx context.Context, app App, a qrAttempt, refusal error) error {
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error { return s.auditRefusal(ctx, tx, app, a, refusal) })
	if err != nil {
		return err
	}
	return refusal
}

func (s *Service) auditRefusal(ctx context.Context, tx *db.Tx, app App, a qrAttempt, refusal error) error {
	reason := ""
	if r, ok := refusal.(*Refusal); ok {
		reason = string(r.Code)
	}
	return s.Audit.Append(ctx, tx, audit.Event{Action: "qr.approve", Actor: ref(app.Account.ID), Target: a.ref(), Outcome: audit.Refused, Reason: reason})
}

// decide judges code and number and approves in one statement that only the
// first of many can win (QR-12). A refusal's traces are committed too.
func (s *Service) decide(ctx context.Context, tx *db.Tx, app App, a qrAttempt, y Approval) (refusal, err error) {
	now := s.now()
	if a.How == HowCode {
		v, err := s.Confirm(ctx, tx, approvalRequest(a.ID), app.SessionID, "", y.OTP)
		if err != nil {
			if err == ErrNoAttempt {
				err = refuse(Over)
				return err, s.auditRefusal(ctx, tx, app, a, err)
			}
			return nil, err
		}
		if v.Outcome != Confirmed {
			return s.wrongApprovalCode(ctx, tx, app, a, v)
		}
	}
	state, expires, approvedAt := QRApproved, now.Add(qrCollect), &now
	if y.Number != a.Number {
		state, expires, approvedAt = QRWrong, a.ExpiresAt, nil
	}
	s.changed(tx, a.ID)
	n, err := db.Exec(ctx, tx, `UPDATE qr_attempt SET state = $1, expires_at = $2, approved_at = $3, signature = $4, changed_at = $5
		WHERE id = $6 AND state = $7 AND expires_at > $5 AND account_id = $8 AND phone_id = $9`,
		state, expires, approvedAt, y.Signature, now, a.ID, QRScanned, app.Account.ID, app.Phone.ID)
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		refusal = refuse(Taken)
		return refusal, s.auditRefusal(ctx, tx, app, a, refusal)
	case state == QRWrong:
		refusal = refuse(WrongNumber)
		return refusal, s.auditRefusal(ctx, tx, app, a, refusal)
	}
	_, err = db.Exec(ctx, tx, `UPDATE app_session SET ends_at = $1 WHERE session_id = $2`, now.Add(appAfterApproval), app.SessionID)
	return nil, err
}

// wrongApprovalCode ends the attempt with the code's last try: the page need
// not wait for what can no longer come.
func (s *Service) wrongApprovalCode(ctx context.Context, tx *db.Tx, app App, a qrAttempt, v Verdict) (refusal, err error) {
	refusal = v.Refusal()
	if v.Outcome == Cancelled || v.Outcome == AccountBlocked {
		s.changed(tx, a.ID)
		if _, err := db.Exec(ctx, tx, `UPDATE qr_attempt SET state = $1, changed_at = $2 WHERE id = $3 AND state = $4`, QRRefused, s.now(), a.ID, QRScanned); err != nil {
			return nil, err
		}
	}
	return refusal, s.auditRefusal(ctx, tx, app, a, refusal)
}

// Refuse is the owner's no. notMe says that the owner did not ask: then the
// page's network is shut for this account for a day and the owner is told.
func (s *Service) Refuse(ctx context.Context, token, attemptID string, notMe bool) error {
	app, err := s.signedApp(ctx, token)
	if err != nil {
		return err
	}
	a, err := s.ownQR(ctx, s.DB, app, attemptID)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		state, action := QRRefused, "qr.refuse"
		if notMe {
			state, action = QRReported, "qr.report"
		}
		s.changed(tx, a.ID)
		n, err := db.Exec(ctx, tx, `UPDATE qr_attempt SET state = $1, changed_at = $2 WHERE id = $3 AND state = $4 AND expires_at > $2`, state, s.now(), a.ID, QRScanned)
		if err != nil {
			return err
		}
		if n == 0 {
			return refuse(Over)
		}
		if notMe {
			if err := s.blockNetwork(ctx, tx, app.Account, a.source()); err != nil {
				return err
			}
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: action, Actor: ref(app.Account.ID), Target: a.ref(), Outcome: audit.OK,
			Detail: map[string]string{"client": a.ClientID, "source": a.Source}})
	})
}

// A Grant is an approved attempt that was used up.
type Grant struct {
	Attempt string
	Account Account
	// AMR says how the person was authenticated (RFC 8176): possession of the
	// phone's key and its passcode, and the code by SMS when one was typed.
	AMR []string
}

// UseQR uses the page's approved attempt up, in one statement of the caller's
// transaction (QR-12). Only the browser that asked can (QR-01). It errs with a
// *Refusal.
func (s *Service) UseQR(ctx context.Context, tx *db.Tx, requestID, browser string) (Grant, error) {
	now := s.now()
	a, err := db.Get[qrAttempt](ctx, tx, `UPDATE qr_attempt SET state = $1, used_at = $2, changed_at = $2 WHERE request_id = $3 AND browser = $4
		AND state = $5 AND expires_at > $2 RETURNING `+qrColumns, QRUsed, now, requestID, digest(browser), QRApproved)
	if isNotFound(err) {
		return Grant{}, refuse(Over)
	}
	if err != nil {
		return Grant{}, err
	}
	s.changed(tx, a.ID)
	g := Grant{Attempt: a.ID, AMR: []string{"pop", "pin"}}
	if a.How == HowCode {
		g.AMR = append(g.AMR, "otp", "sms")
	}
	if g.Account, err = s.Get(ctx, tx, *a.AccountID); err != nil {
		return Grant{}, err
	}
	if g.Account.Status != StatusActive {
		return Grant{}, refuse(AccountLocked)
	}
	return g, nil
}
