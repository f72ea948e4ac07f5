package org

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// Lives and counts of the code that confirms a phone: those of the decided
// points for every code by SMS.
const (
	// CodeLife is how long a code is valid, ResendAfter the pause before
	// another.
	CodeLife    = 180 * time.Second
	ResendAfter = 30 * time.Second
	// liveCodes is how many may be valid at once: a resend leaves the one
	// before, which may be on its way.
	liveCodes = 2
	// codesPerDay of codes not followed by a confirmed one, and in all, for
	// one officer and for one phone.
	codesPerDay, codesHardCap = 10, 40
	// keepCodes is more than the limits look back.
	keepCodes = 48 * time.Hour
)

var (
	// ErrNoPending says that no phone waits for a code.
	ErrNoPending = errors.New("org: no phone waits for a code")
	// ErrCodeMalformed: not six digits, no try counted. ErrCodeExpired: right
	// but too old, or there is none. ErrCodeBurnt: five wrong ones.
	ErrCodeMalformed = errors.New("org: not six digits")
	ErrCodeExpired   = errors.New("org: the code is over")
	ErrCodeBurnt     = errors.New("org: too many wrong codes")
	// ErrSendLimit says that the phone or the officer has had its codes of
	// the day; codes sent before stay valid.
	ErrSendLimit = errors.New("org: too many codes sent")
)

// WrongCode says how many tries are left.
type WrongCode struct{ Left int }

func (e *WrongCode) Error() string { return fmt.Sprintf("org: wrong code, %d tries left", e.Left) }

// TooSoon says that a code was sent a moment ago.
type TooSoon struct{ Wait time.Duration }

func (e *TooSoon) Error() string { return fmt.Sprintf("org: resend possible in %s", e.Wait) }

// A PhoneStep is what the page that asks for a phone's code shows.
type PhoneStep struct {
	Phone    string        // E.164, the one that waits
	Left     time.Duration // of the newest code; 0: over
	ResendIn time.Duration // 0: at once
	State    sms.State     // what became of the newest message; "" without one
	Since    time.Time     // of State
}

type phoneCode struct {
	ID        string     `db:"id"`
	Digest    string     `db:"digest"`
	SMSID     string     `db:"sms_id"`
	Failures  int        `db:"failures"`
	CreatedAt time.Time  `db:"created_at"`
	ExpiresAt time.Time  `db:"expires_at"`
	UsedAt    *time.Time `db:"used_at"`
}

// phoneCodes returns the codes sent to the phone that waits, newest first.
func (s *Service) phoneCodes(ctx context.Context, q db.Querier, p Profile) ([]phoneCode, error) {
	return db.Select[phoneCode](ctx, q, `SELECT id, digest, sms_id, failures, created_at, expires_at, used_at FROM officer_phone_code
		WHERE officer_id = $1 AND phone = $2 AND used_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $3`, p.ID, p.PendingPhone, codesHardCap)
}

// PendingPhone returns what the page of the code shows. It errs with
// ErrNoPending.
func (s *Service) PendingPhone(ctx context.Context, v Visit) (PhoneStep, error) {
	p, err := s.profile(ctx, s.db, v.Officer.ID)
	if err != nil {
		return PhoneStep{}, err
	}
	if p.PendingPhone == "" {
		return PhoneStep{}, ErrNoPending
	}
	step := PhoneStep{Phone: p.PendingPhone}
	codes, err := s.phoneCodes(ctx, s.db, p)
	if err != nil || len(codes) == 0 {
		return step, err
	}
	now := s.clk.Now()
	if codes[0].Failures < MaxTries {
		step.Left = max(0, codes[0].ExpiresAt.Sub(now))
	}
	if step.ResendIn, err = s.codeWait(ctx, s.db, codes); err != nil {
		return PhoneStep{}, err
	}
	d, err := s.sms.State(ctx, s.db, codes[0].SMSID)
	if errors.Is(err, db.ErrNotFound) {
		return step, nil
	}
	step.State, step.Since = d.State, d.At
	return step, err
}

// codeWait is how long to wait for the next code: none when the last one could
// not be delivered.
func (s *Service) codeWait(ctx context.Context, q db.Querier, codes []phoneCode) (time.Duration, error) {
	if len(codes) == 0 {
		return 0, nil
	}
	wait := codes[0].CreatedAt.Add(ResendAfter).Sub(s.clk.Now())
	if wait <= 0 {
		return 0, nil
	}
	d, err := s.sms.State(ctx, q, codes[0].SMSID)
	if err == nil && d.State == sms.Failed {
		return 0, nil
	}
	return wait, err
}

// ResendPhoneCode sends another code. It errs with ErrNoPending, *TooSoon or
// ErrSendLimit.
func (s *Service) ResendPhoneCode(ctx context.Context, v Visit) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := s.lockProfile(ctx, tx, v.Officer.ID)
		if err != nil {
			return err
		}
		if p.PendingPhone == "" {
			return ErrNoPending
		}
		codes, err := s.phoneCodes(ctx, tx, p)
		if err != nil {
			return err
		}
		wait, err := s.codeWait(ctx, tx, codes)
		if err != nil {
			return err
		}
		if wait > 0 {
			return &TooSoon{wait}
		}
		return s.sendPhoneCode(ctx, tx, p, v.Post)
	})
}

// sendPhoneCode makes a code for the phone that waits and queues its SMS, which
// counts for the unit of the officer's post. It errs with ErrSendLimit and then
// has changed nothing.
func (s *Service) sendPhoneCode(ctx context.Context, tx *db.Tx, p Profile, post Post) error {
	if err := s.codeAllowed(ctx, tx, p); err != nil {
		return err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	plain := fmt.Sprintf("%06d", n)
	now := s.clk.Now()
	_, err = db.Exec(ctx, tx, `UPDATE officer_phone_code SET expires_at = $1 WHERE officer_id = $2 AND expires_at > $1 AND id NOT IN
		(SELECT id FROM officer_phone_code WHERE officer_id = $2 AND phone = $3 ORDER BY created_at DESC, id DESC LIMIT $4)`,
		now, p.ID, p.PendingPhone, liveCodes-1)
	if err != nil {
		return err
	}
	unit := ""
	if post.UnitID != nil {
		unit = *post.UnitID
	}
	smsID, err := s.sms.Queue(ctx, tx, sms.Outgoing{To: p.PendingPhone, Purpose: "officer_phone", Subject: p.ID, Unit: unit,
		Text: PhoneText(plain, p.Username), NotAfter: now.Add(CodeLife)})
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO officer_phone_code (id, officer_id, phone, digest, sms_id, failures, settled, created_at, expires_at)
		VALUES ($1,$2,$3,$4,$5,0,FALSE,$6,$7)`, db.NewID(), p.ID, p.PendingPhone, s.phoneDigest(p, plain), smsID, now, now.Add(CodeLife))
	if err != nil {
		return err
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: "officer.phone_code", Actor: ref(p.ID), Target: ref(p.ID), Outcome: audit.OK})
}

// phoneDigest is bound to officer and phone: a code that reached one number
// confirms no other.
func (s *Service) phoneDigest(p Profile, plain string) string {
	return s.mac("org.phone-code", p.ID+"\x00"+p.PendingPhone+"\x00"+plain)
}

func (s *Service) codeAllowed(ctx context.Context, tx *db.Tx, p Profile) error {
	since := s.clk.Now().Add(-24 * time.Hour)
	for column, key := range map[string]string{"officer_id": p.ID, "phone": p.PendingPhone} {
		c, err := db.Get[struct {
			Open  int `db:"unsettled"`
			Total int `db:"total"`
		}](ctx, tx, `SELECT count(*) AS total, count(CASE WHEN settled THEN NULL ELSE 1 END) AS unsettled
			FROM officer_phone_code WHERE `+column+` = $1 AND created_at > $2`, key, since)
		if err != nil {
			return err
		}
		if c.Open >= codesPerDay*s.limits.Factor || c.Total >= codesHardCap*s.limits.Factor {
			return ErrSendLimit
		}
	}
	return nil
}

// ConfirmPhone puts the pending phone in use. It errs with ErrNoPending,
// ErrCodeMalformed, *WrongCode, ErrCodeExpired or ErrCodeBurnt.
func (s *Service) ConfirmPhone(ctx context.Context, v Visit, code string) error {
	var verdict error
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		// A wrong code is counted, so the transaction must commit: the verdict
		// is no error of it.
		verdict, err = s.confirmPhone(ctx, tx, v.Officer.ID, cleanCode(code))
		return err
	})
	return errors.Join(err, verdict)
}

func (s *Service) confirmPhone(ctx context.Context, tx *db.Tx, id, plain string) (verdict, err error) {
	was, err := s.lockProfile(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if was.PendingPhone == "" {
		return ErrNoPending, nil
	}
	codes, err := s.phoneCodes(ctx, tx, was)
	switch {
	case err != nil:
		return nil, err
	case len(codes) == 0:
		return ErrCodeExpired, nil
	case codes[0].Failures >= MaxTries:
		return ErrCodeBurnt, nil
	case plain == "":
		return ErrCodeMalformed, nil
	}
	used, expired, alive := s.matchCode(was, codes, plain)
	switch {
	case used != "":
		return nil, s.usePhone(ctx, tx, was, used)
	case expired || !alive:
		return ErrCodeExpired, nil
	}
	// The row of the officer is locked: guesses sent at once are judged one
	// after the other.
	if _, err := db.Exec(ctx, tx, `UPDATE officer_phone_code SET failures = failures + 1 WHERE id = $1`, codes[0].ID); err != nil {
		return nil, err
	}
	err = s.audit.Append(ctx, tx, audit.Event{Action: "officer.phone_confirm", Actor: ref(id), Target: ref(id), Outcome: audit.Refused, Reason: "code_wrong"})
	if left := MaxTries - codes[0].Failures - 1; left > 0 {
		return &WrongCode{left}, err
	}
	return ErrCodeBurnt, err
}

// matchCode finds a code that is right and valid, or tells that it is right
// and too old, and whether any is valid at all.
func (s *Service) matchCode(p Profile, codes []phoneCode, plain string) (used string, expired, alive bool) {
	now := s.clk.Now()
	want := s.phoneDigest(p, plain)
	for _, c := range codes {
		same := subtle.ConstantTimeCompare([]byte(c.Digest), []byte(want)) == 1
		switch live := c.ExpiresAt.After(now); {
		case live && same:
			used, alive = c.ID, true
		case live:
			alive = true
		case same:
			expired = true
		}
	}
	return used, expired, alive
}

// usePhone makes the pending phone the officer's.
func (s *Service) usePhone(ctx context.Context, tx *db.Tx, was Profile, codeID string) error {
	now := s.clk.Now()
	n, err := db.Exec(ctx, tx, `UPDATE officer_phone_code SET used_at = $1 WHERE id = $2 AND used_at IS NULL`, now, codeID)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNoPending
	}
	if _, err := db.Exec(ctx, tx, `UPDATE officer_phone_code SET settled = TRUE, expires_at = $1 WHERE officer_id = $2 AND phone = $3`, now, was.ID, was.PendingPhone); err != nil {
		return err
	}
	is := was
	is.Phone, is.PhoneConfirmedAt, is.PendingPhone = was.PendingPhone, &now, ""
	if err := s.writeProfile(ctx, tx, was, is, nil); err != nil {
		return err
	}
	return s.record(ctx, tx, "officer.phone_confirm", ref(was.ID), was, differences(was, is))
}

// CancelPhone gives the pending phone up.
func (s *Service) CancelPhone(ctx context.Context, v Visit) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		was, err := s.lockProfile(ctx, tx, v.Officer.ID)
		if err != nil || was.PendingPhone == "" {
			return err
		}
		is := was
		is.PendingPhone = ""
		if err := s.writeProfile(ctx, tx, was, is, nil); err != nil {
			return err
		}
		return s.record(ctx, tx, "officer.phone_cancel", ref(was.ID), was, differences(was, is))
	})
}

// maxPhoneCode bounds a typed code: six digits and separators.
const maxPhoneCode = 32

// cleanCode returns the six digits of a typed code, or "".
func cleanCode(typed string) string {
	if len(typed) > maxPhoneCode {
		return ""
	}
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\u00a0.-", r) {
			return -1
		}
		return r
	}, typed)
	if len(clean) != 6 || strings.Trim(clean, "0123456789") != "" {
		return ""
	}
	return clean
}

// PhoneText is the message with a code: ASCII, one GSM-7 part whatever the
// username, no link.
func PhoneText(plain, username string) string {
	return plain + " la ma xac nhan so dien thoai cua can bo " + username + " (Mot cua dien tu), hieu luc 3 phut. Khong dua ma nay cho bat ky ai."
}
