package identity

import (
	"context"
	"time"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// TooMany says that one address or network failed too often.
type TooMany = credential.TooMany

// throttleSubject names a row of sign_in_throttle. A known device has one of
// its own, so that failures elsewhere do not shut its owner out (PW-06).
func (s *Service) throttleSubject(number, knownDevice string) string {
	return s.mac("throttle", number+"\x00"+knownDevice)
}

// codeSubject names the row of sign_in_throttle that counts wrong codes.
func (s *Service) codeSubject(accountID string) string { return s.mac("throttle-otp", accountID) }

// forgive forgets every failure of an account: of its passwords, on any
// device, and of its codes.
func (s *Service) forgive(ctx context.Context, tx *db.Tx, a Account) error {
	return s.throttle.Forgive(ctx, tx, a.ID)
}

// lockNotice tells an owner that the account is blocked. It is queued for
// numbers without an account too, so that the answer takes the same time.
type lockNotice struct {
	ThrottleID string `json:"throttle_id"`
}

func (lockNotice) Kind() string { return "identity.lock_notice" }

func (s *Service) queueLockNotice(ctx context.Context, tx *db.Tx, subject string) error {
	if err := s.throttle.Notified(ctx, tx, subject); err != nil {
		return err
	}
	return s.Jobs.Enqueue(ctx, tx, lockNotice{ThrottleID: subject})
}

// lockNoticeLife is how long after the block a message still makes sense.
const lockNoticeLife = time.Hour

func (s *Service) sendLockNotice(ctx context.Context, n lockNotice) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		accounts, err := db.Select[Account](ctx, tx, `SELECT a.id, a.number, a.phone FROM sign_in_throttle t
			JOIN account a ON a.id = t.account_id WHERE t.subject = $1 AND a.status = $2`, n.ThrottleID, StatusActive)
		if err != nil || len(accounts) == 0 {
			return err
		}
		a, what, reason := accounts[0], "mat khau", "password_failures"
		if n.ThrottleID == s.codeSubject(a.ID) {
			what, reason = "ma OTP", "otp_failures"
		}
		_, err = s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "lock_notice", Subject: a.ID,
			Text: lockText(a.Number, what), NotAfter: s.now().Add(lockNoticeLife)})
		if err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.lock", Actor: audit.System, Target: ref(a.ID),
			Outcome: audit.OK, Reason: reason})
	})
}

func lockText(number, what string) string {
	return "Tai khoan ..." + tail(number, 4) + " tam khoa vi nhap sai " + what + " nhieu lan. Neu khong phai ban, hay goi tong dai ho tro. Khong dua mat khau, ma OTP cho bat ky ai."
}
