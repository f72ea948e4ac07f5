package identity

import (
	"context"
	"errors"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// BeginPhone sends a code to the phone that shall get the codes from now on.
// It uses the proof up; as long as that code is awaited, another number may be
// named without a new proof. It errs with ErrNotProven, ErrSamePhone or
// *TooMany.
func (s *Service) BeginPhone(ctx context.Context, o Owner, phone string) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, a, err := s.ownerErrand(ctx, tx, o, true)
		if errors.Is(err, ErrErrandOver) {
			if _, a, err = s.proven(ctx, tx, o); err == nil && a.Phone != phone {
				a, err = s.useProof(ctx, tx, o)
			}
		} else if err == nil && a.Phone != phone {
			_, err = s.endErrand(ctx, tx, old)
		}
		if err != nil {
			return err
		}
		if a.Phone == phone {
			return ErrSamePhone
		}
		e, err := s.insertErrand(ctx, tx, errand{Kind: errandNewPhone, AccountID: &a.ID, SessionID: &o.SessionID, Browser: digest(o.Browser),
			LimitKey: a.ID, Phone: phone, Source: o.Source.String()})
		if err != nil {
			return err
		}
		if old.ID != "" && !old.CreatedAt.IsZero() && old.live(s.now()) {
			// Correcting the number does not make the errand younger.
			if _, err := db.Exec(ctx, tx, `UPDATE account_errand SET created_at = $1 WHERE id = $2`, old.CreatedAt, e.ID); err != nil {
				return err
			}
		}
		return s.askCode(ctx, tx, e, o.Source)
	})
}

// ConfirmPhone judges the new phone's code; the right one makes it the
// account's. The old number is told, other sessions end. The activated phone
// stays: it is bound to a key and a passcode, not to a number. It errs with
// ErrErrandOver.
func (s *Service) ConfirmPhone(ctx context.Context, o Owner, typed string) (v Verdict, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, a, err := s.ownerErrand(ctx, tx, o, true)
		if err != nil {
			return err
		}
		if v, err = s.tryCode(ctx, tx, e, typed); err != nil {
			return err
		}
		if v.Outcome != Confirmed {
			return s.auditErrand(ctx, tx, "account.phone_confirm", e, audit.Refused, v.Outcome.reason())
		}
		if first, err := s.endErrand(ctx, tx, e); err != nil || !first {
			return errors.Join(err, ErrErrandOver)
		}
		if _, err := db.Exec(ctx, tx, `UPDATE account SET phone = $1, updated_at = $2, version = version + 1 WHERE id = $3`, e.Phone, s.now(), a.ID); err != nil {
			return err
		}
		if err := s.endEverywhere(ctx, tx, a.ID, o.SessionID, "phone_change"); err != nil {
			return err
		}
		if _, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "phone_change", Subject: a.ID,
			Text: phoneChangedText(a.Number), NotAfter: s.now().Add(day)}); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.phone_change", Actor: ref(a.ID), Target: ref(a.ID), Outcome: audit.OK})
	})
	return v, err
}

// OwnerPhone returns the phone on which the account is activated, nil for
// none.
func (s *Service) OwnerPhone(ctx context.Context, accountID string) (*Phone, error) {
	p, err := s.activePhone(ctx, s.DB, accountID)
	if isNotFound(err) {
		return nil, nil
	}
	return &p, err
}

// UnlinkOwn ends the activated phone for who was proven anew, and the app's
// sessions with it. It errs with ErrNotProven.
func (s *Service) UnlinkOwn(ctx context.Context, o Owner) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := s.useProof(ctx, tx, o)
		if err != nil {
			return err
		}
		if err := s.endPhone(ctx, tx, a.ID, endUnlinked); err != nil {
			return err
		}
		if err := s.endApps(ctx, tx, a.ID); err != nil {
			return err
		}
		_, err = s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "phone_notice", Subject: a.ID, Text: unlinkedText(a.Number), NotAfter: s.now().Add(day)})
		return err
	})
}

func (s *Service) endApps(ctx context.Context, tx *db.Tx, accountID string) error {
	all, err := s.Sessions.List(ctx, tx, Site, accountID)
	for _, v := range all {
		if err == nil && v.Kind == KindApp && v.RevokedAt == nil {
			err = s.Sessions.Revoke(ctx, tx, v.ID, endUnlinked)
		}
	}
	return err
}

func unlinkedText(number string) string {
	return "Tai khoan ..." + tail(number, 4) + " da huy lien ket dien thoai. Neu khong phai ban, hay doi mat khau va goi tong dai ho tro ngay."
}
