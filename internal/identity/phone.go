package identity

import (
	"context"
	"errors"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// RefPhone is the kind of a phone in audit records.
const RefPhone = "phone"

// Why a phone ended.
const (
	endUnlinked  = "unlinked" // by its owner, in the app
	endReplaced  = "replaced" // by another phone, or the same one activated anew
	endLost      = "lost"     // reported with number and password
	endPassword  = "password" // the account's password was taken away
	maxPhoneName = 80
)

// A Phone is one on which an account was activated.
type Phone struct {
	ID           string     `db:"id"`
	AccountID    string     `db:"account_id"`
	PublicKey    string     `db:"public_key"` // P-256, SPKI, base64
	Name         string     `db:"name"`       // "Chrome, Android"
	PasscodeHash string     `db:"passcode_hash"`
	Failures     int        `db:"failures"`
	CreatedAt    time.Time  `db:"created_at"`
	EndedAt      *time.Time `db:"ended_at"`
	EndReason    *string    `db:"end_reason"`
}

// Locked reports that only the account's password helps now.
func (p Phone) Locked() bool { return p.Failures >= PasscodeTries }

const phoneColumns = `id, account_id, public_key, name, passcode_hash, failures, created_at, ended_at, end_reason`

func isNotFound(err error) bool { return errors.Is(err, db.ErrNotFound) }

func (s *Service) phone(ctx context.Context, q db.Querier, id string) (Phone, error) {
	return db.Get[Phone](ctx, q, `SELECT `+phoneColumns+` FROM phone WHERE id = $1 AND ended_at IS NULL`, id)
}

// activePhone returns the account's phone, or db.ErrNotFound.
func (s *Service) activePhone(ctx context.Context, q db.Querier, accountID string) (Phone, error) {
	return db.Get[Phone](ctx, q, `SELECT `+phoneColumns+` FROM phone WHERE account_id = $1 AND ended_at IS NULL`, accountID)
}

// An Activation is what a phone sends to be activated.
type Activation struct {
	Passcode string
	Key      string // SPKI, base64
	// Proof is over Challenge; one that is empty stands for AppState's.
	Challenge, Proof string
	Name             string // what the browser is, in words
}

// Activate makes the phone behind an app session the account's one phone; one
// that was there before ends. It errs with a *Refusal, or credential.ErrBusy.
func (s *Service) Activate(ctx context.Context, token string, a Activation) (Phone, error) {
	app, err := s.App(ctx, token)
	if err != nil {
		return Phone{}, err
	}
	if app.Step(s.now()) != StepEnrol {
		return Phone{}, refuse(NotSigned)
	}
	if reason := CheckPasscode(a.Passcode, app.Account); reason != "" {
		return Phone{}, &Refusal{Code: WeakPasscode, Reason: reason}
	}
	_, key, err := parseKey(a.Key)
	challenge := a.Challenge
	if challenge == "" {
		challenge = s.enrolChallenge(app.SessionID)
	}
	if err != nil || a.Challenge != "" && !s.challengeValid(a.Challenge) || !verifySignature(key, proofPrefix+challenge, a.Proof) {
		return Phone{}, refuse(BadProof)
	}
	hash, err := s.Hasher.Hash(ctx, a.Passcode)
	if err != nil {
		return Phone{}, err
	}
	now := s.now()
	p := Phone{ID: db.NewID(), AccountID: app.Account.ID, PublicKey: key, Name: a.Name[:min(len(a.Name), maxPhoneName)], PasscodeHash: hash, CreatedAt: now}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if first, err := s.useChallenge(ctx, tx, challenge); err != nil || !first {
			return errors.Join(err, refuse(BadProof))
		}
		n, err := db.Exec(ctx, tx, `UPDATE app_session SET phone_id = $1, passcode_at = $2 WHERE session_id = $3 AND phone_id IS NULL`, p.ID, now, app.SessionID)
		if err != nil {
			return err
		}
		if n == 0 {
			return refuse(NotSigned)
		}
		if err := s.endPhone(ctx, tx, app.Account.ID, endReplaced); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `INSERT INTO phone (id, account_id, public_key, name, passcode_hash, failures, created_at, last_used_at)
			VALUES ($1,$2,$3,$4,$5,0,$6,$6)`, p.ID, p.AccountID, p.PublicKey, p.Name, p.PasscodeHash, now); err != nil {
			return err
		}
		if err := s.endWaits(ctx, tx, p.AccountID, "activated"); err != nil {
			return err
		}
		if _, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: app.Account.Phone, Purpose: "phone_notice", Subject: p.AccountID,
			Text: activatedText(app.Account.Number), NotAfter: now.Add(day)}); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "phone.activate", Actor: ref(p.AccountID), Target: audit.Ref{Kind: RefPhone, ID: p.ID}, Outcome: audit.OK})
	})
	return p, err
}

// endPhone ends the account's active phone, if there is one.
func (s *Service) endPhone(ctx context.Context, tx *db.Tx, accountID, reason string) error {
	id, err := db.Get[string](ctx, tx, `UPDATE phone SET ended_at = $1, end_reason = $2 WHERE account_id = $3 AND ended_at IS NULL RETURNING id`,
		s.now(), reason, accountID)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Audit.Append(ctx, tx, audit.Event{Action: "phone.end", Actor: ref(accountID), Target: audit.Ref{Kind: RefPhone, ID: id}, Outcome: audit.OK, Reason: reason})
}

// An Opening is what an activated phone sends to sign its owner in to the app.
type Opening struct {
	Phone, Passcode, Challenge, Proof string
	Browser                           string // mark
	Agent, Address                    string
}

// OpenApp signs the owner of an activated phone in to the app and returns the
// token of the session. It errs with a *Refusal, or credential.ErrBusy.
func (s *Service) OpenApp(ctx context.Context, o Opening) (token string, err error) {
	p, err := s.phone(ctx, s.DB, o.Phone)
	if isNotFound(err) || err == nil && (!s.challengeValid(o.Challenge) || !verifySignature(p.PublicKey, proofPrefix+o.Challenge, o.Proof)) {
		return "", refuse(NotActivated)
	}
	if err != nil {
		return "", err
	}
	if p.Locked() {
		return "", s.lockedPhone(ctx, p, o)
	}
	account, err := s.Get(ctx, s.DB, p.AccountID)
	if err != nil {
		return "", err
	}
	if account.Status != StatusActive {
		return "", refuse(AccountLocked)
	}
	if o.Passcode == "" {
		// Forgotten. Five wrong ones would lead to the same place.
		return "", s.lockedPhone(ctx, p, o)
	}
	right, left, err := s.tryPasscode(ctx, p, o.Passcode)
	if err != nil {
		return "", err
	}
	if !right {
		return "", s.refusePasscode(ctx, p, left, o)
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		first, err := s.useChallenge(ctx, tx, o.Challenge)
		if err != nil {
			return err
		}
		if !first {
			return refuse(NotActivated)
		}
		if token, err = s.openAppSession(ctx, tx, appSession{AccountID: p.AccountID, PhoneID: &p.ID, PasscodeAt: ptr(s.now())}, o.Agent, o.Address, "pop", "pin"); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `UPDATE phone SET last_used_at = $1 WHERE id = $2`, s.now(), p.ID); err != nil {
			return err
		}
		// Whoever holds the old phone and its passcode has not lost it.
		if err := s.endWaits(ctx, tx, p.AccountID, "old_phone_used"); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "app.sign_in", Actor: ref(p.AccountID), Target: audit.Ref{Kind: RefPhone, ID: p.ID}, Outcome: audit.OK})
	})
	return token, err
}

// refusePasscode answers a wrong passcode; the one that locks the phone lets
// its browser go on with the password.
func (s *Service) refusePasscode(ctx context.Context, p Phone, left int, o Opening) error {
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.Audit.Append(ctx, tx, audit.Event{Action: "app.sign_in", Target: audit.Ref{Kind: RefPhone, ID: p.ID}, Outcome: audit.Refused, Reason: "passcode"})
	})
	if err != nil {
		return err
	}
	if left <= 0 {
		return s.lockedPhone(ctx, p, o)
	}
	return &Refusal{Code: WrongPasscode, Left: left}
}

// lockedPhone notes that this browser has just shown the phone's key: with
// password and code it may choose a new passcode without the wait that another
// phone would have.
func (s *Service) lockedPhone(ctx context.Context, p Phone, o Opening) error {
	if o.Browser != "" {
		if _, err := db.Exec(ctx, s.DB, `INSERT INTO app_entry (browser, request_id, proven_phone, proven_at, created_at) VALUES ($1, '', $2, $3, $3)
			ON CONFLICT (browser) DO UPDATE SET proven_phone = EXCLUDED.proven_phone, proven_at = EXCLUDED.proven_at`, digest(o.Browser), p.ID, s.now()); err != nil {
			return err
		}
	}
	return refuse(PhoneLocked)
}

// Unlink ends the phone behind an app session, which ends with it. It errs
// with a *Refusal, or credential.ErrBusy.
func (s *Service) Unlink(ctx context.Context, token, passcode string) error {
	app, err := s.signedApp(ctx, token)
	if err != nil {
		return err
	}
	right, left, err := s.tryPasscode(ctx, *app.Phone, passcode)
	if err != nil {
		return err
	}
	if !right {
		return s.refusePasscode(ctx, *app.Phone, left, Opening{})
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.endPhone(ctx, tx, app.Account.ID, endUnlinked); err != nil {
			return err
		}
		return s.Sessions.Revoke(ctx, tx, app.SessionID, endUnlinked)
	})
}

func ptr[T any](v T) *T { return &v }

func activatedText(number string) string {
	return "Tai khoan ..." + tail(number, 4) + " vua duoc kich hoat tren mot dien thoai. Neu khong phai ban, hay goi tong dai ho tro ngay."
}
