package identity

import (
	"context"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
	"motcua/internal/vn"
)

// waitUsable is how long after its end a wait still lets its phone be
// activated; later it begins anew.
const waitUsable = 7 * day

// waitFor returns the moment from which this browser may activate the
// account's phone. Without another phone, or with that phone's own key shown
// (proven), that is now. Otherwise it is PhoneWait after the owner was told by
// SMS; a phone that was reported lost is waited for alike, because its report
// takes no code and must not be a way around (QR-14).
func (s *Service) waitFor(ctx context.Context, tx *db.Tx, a Account, device, proven string) (time.Time, error) {
	now := s.now()
	p, err := db.Get[Phone](ctx, tx, `SELECT `+phoneColumns+` FROM phone WHERE account_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1`, a.ID)
	switch {
	case isNotFound(err):
		return now, nil
	case err != nil:
		return now, err
	case p.ID == proven && p.EndedAt == nil:
		return now, nil
	case p.EndedAt != nil && *p.EndReason != endLost:
		return now, nil
	case p.EndedAt != nil:
		return p.EndedAt.Add(s.PhoneWait), nil
	}
	until, err := db.Get[time.Time](ctx, tx, `SELECT until FROM phone_wait WHERE account_id = $1 AND device = $2 AND ended_at IS NULL AND until > $3
		ORDER BY started_at LIMIT 1`, a.ID, device, now.Add(-waitUsable))
	if err == nil || !isNotFound(err) {
		return until, err
	}
	until = now.Add(s.PhoneWait)
	id := db.NewID()
	if _, err := db.Exec(ctx, tx, `INSERT INTO phone_wait (id, account_id, device, started_at, until) VALUES ($1,$2,$3,$4,$5)`, id, a.ID, device, now, until); err != nil {
		return now, err
	}
	if s.PhoneWait > 0 {
		if _, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "phone_notice", Subject: a.ID,
			Text: waitText(a.Number, until), NotAfter: now.Add(day)}); err != nil {
			return now, err
		}
	}
	return until, s.Audit.Append(ctx, tx, audit.Event{Action: "phone.replace", Actor: ref(a.ID), Target: audit.Ref{Kind: RefPhone, ID: p.ID}, Outcome: audit.OK, Reason: "wait"})
}

func (s *Service) endWaits(ctx context.Context, tx *db.Tx, accountID, reason string) error {
	n, err := db.Exec(ctx, tx, `UPDATE phone_wait SET ended_at = $1, end_reason = $2 WHERE account_id = $3 AND ended_at IS NULL`, s.now(), reason, accountID)
	if err != nil || n == 0 {
		return err
	}
	return s.Audit.Append(ctx, tx, audit.Event{Action: "phone.wait_end", Actor: ref(accountID), Target: ref(accountID), Outcome: audit.OK, Reason: reason})
}

func waitText(number string, until time.Time) string {
	return "Co nguoi muon doi dien thoai cua tai khoan ..." + tail(number, 4) + ", co hieu luc tu " + until.In(vn.Zone).Format("15:04 02/01") +
		". Neu khong phai ban: mo ung dung tren dien thoai cu de huy, hoac goi tong dai ngay."
}
