package identity

import (
	"context"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// lostReport ends the phone of an account, and everything that is open under
// it. It is queued for refused reports too, then without an account, so that
// the answer takes the same time whether number and password are right (QR-14).
type lostReport struct {
	AccountID string `json:"account_id"`
}

func (lostReport) Kind() string { return "identity.lost_phone" }

// ReportLost unlinks the phone of the account with this number and password,
// without a code: the phone that gets the codes may be the one that is gone.
// The caller answers the same to success and to ErrRefused. It errs with
// ErrRefused, *TooMany or credential.ErrBusy.
func (s *Service) ReportLost(ctx context.Context, t Try) error {
	t.refused = func(ctx context.Context, tx *db.Tx) error { return s.Jobs.Enqueue(ctx, tx, lostReport{}) }
	account, held, _, err := s.prove(ctx, t)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.throttle.PeekSource(ctx, tx, t.Source); err != nil {
			return err
		}
		if err := s.throttle.Clear(ctx, tx, held.Subject); err != nil {
			return err
		}
		if err := s.Jobs.Enqueue(ctx, tx, lostReport{AccountID: account.ID}); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "phone.report_lost", Actor: ref(account.ID), Target: ref(account.ID), Outcome: audit.OK})
	})
}

func (s *Service) endLostPhone(ctx context.Context, r lostReport) error {
	if r.AccountID == "" {
		return nil
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := s.activePhone(ctx, tx, r.AccountID); isNotFound(err) {
			return nil // it ran before, or there is none
		} else if err != nil {
			return err
		}
		a, err := s.Get(ctx, tx, r.AccountID)
		if err != nil {
			return err
		}
		if err := s.endPhone(ctx, tx, a.ID, endLost); err != nil {
			return err
		}
		if err := s.endEverywhere(ctx, tx, a.ID, "", "phone_lost"); err != nil {
			return err
		}
		_, err = s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "phone_notice", Subject: a.ID, Text: lostText(a.Number), NotAfter: s.now().Add(day)})
		return err
	})
}

func lostText(number string) string {
	return "Dien thoai cua tai khoan ..." + tail(number, 4) + " da huy lien ket theo bao mat. Neu khong phai ban bao, hay doi mat khau va goi tong dai ho tro."
}
