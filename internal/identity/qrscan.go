package identity

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
)

const (
	// CodeTries wrong typed codes are what one app session has.
	CodeTries = 5
	// choices is how many numbers the phone offers.
	choices = 3
	// maxScanText bounds what a camera may have read.
	maxScanText = 400
)

// A Scanner is the phone that reached for an attempt.
type Scanner struct {
	Token   string // of the app's session
	Browser string // its mark
	Source  netip.Addr
	Lang    string
}

// ScanText takes up the attempt behind a picture. It errs with a *Refusal or
// *TooMany.
func (s *Service) ScanText(ctx context.Context, sc Scanner, text string) (Scanned, error) {
	app, err := s.scanner(ctx, sc)
	if err != nil {
		return Scanned{}, err
	}
	if len(text) > maxScanText {
		return Scanned{}, refuse(BadText)
	}
	token, step, mac, err := s.parseQR(text)
	if err != nil {
		return Scanned{}, err
	}
	return s.scan(ctx, app, sc, HowScan, func(tx *db.Tx) (qrAttempt, error) {
		a, err := db.Get[qrAttempt](ctx, tx, `SELECT `+qrColumns+` FROM qr_attempt WHERE token_digest = $1`, digest(token))
		if isNotFound(err) {
			return a, refuse(Over)
		}
		if err != nil {
			return a, err
		}
		if !equal([]byte(mac), []byte(s.qrStepMAC(a.ID, step))) {
			return a, refuse(BadText)
		}
		shownAt := a.CreatedAt.Add(time.Duration(step) * qrStep)
		if age := s.now().Sub(shownAt); a.stateAt(s.now()) == QRWaiting && (age > qrStepLife || age < -qrStep) {
			return a, refuse(StaleCode)
		}
		return a, nil
	})
}

// ScanCode takes up the attempt whose code was typed; its approval needs a
// code by SMS as well, which is queued now. Each app session has CodeTries.
func (s *Service) ScanCode(ctx context.Context, sc Scanner, typed string) (Scanned, error) {
	app, err := s.scanner(ctx, sc)
	if err != nil {
		return Scanned{}, err
	}
	code := cleanDigits(typed)
	if len(code) != 9 {
		return Scanned{}, &Refusal{Code: UnknownCode, Left: CodeTries - app.CodeFailures}
	}
	// Counted first and taken back, so that guesses at once are counted too.
	failures, err := db.GetW[int](ctx, s.DB, `UPDATE app_session SET code_failures = code_failures + 1
		WHERE session_id = $1 AND code_failures < $2 RETURNING code_failures`, app.SessionID, CodeTries)
	if isNotFound(err) {
		return Scanned{}, &TooMany{Retry: appLife}
	}
	if err != nil {
		return Scanned{}, err
	}
	out, err := s.scan(ctx, app, sc, HowCode, func(tx *db.Tx) (qrAttempt, error) {
		found, err := db.Select[qrAttempt](ctx, tx, `SELECT `+qrColumns+` FROM qr_attempt WHERE code_digest = $1
			AND state IN ('waiting', 'scanned') AND expires_at > $2 LIMIT 2`, s.qrCodeDigest(code), s.now())
		if err == nil && len(found) != 1 {
			err = &Refusal{Code: UnknownCode, Left: CodeTries - failures}
		}
		if err != nil {
			return qrAttempt{}, err
		}
		return found[0], nil
	})
	if r, refused := errors.AsType[*Refusal](err); err == nil || refused && r.Code != UnknownCode {
		_, undo := db.Exec(ctx, s.DB, `UPDATE app_session SET code_failures = code_failures - 1 WHERE session_id = $1`, app.SessionID)
		err = errors.Join(err, undo)
	}
	return out, err
}

// ScanHere takes up the attempt of the sign-in page that is open in the app's
// own browser, making one when there is none (QR-09). The page's request must
// be this browser's: the caller has looked.
func (s *Service) ScanHere(ctx context.Context, sc Scanner, p QRPage) (Scanned, error) {
	app, err := s.scanner(ctx, sc)
	if err != nil {
		return Scanned{}, err
	}
	return s.scan(ctx, app, sc, HowHere, func(tx *db.Tx) (qrAttempt, error) { return s.makeQR(ctx, tx, p) })
}

// scanner returns who scans; the limits of phone, account and address are
// looked at (QR-07).
func (s *Service) scanner(ctx context.Context, sc Scanner) (App, error) {
	app, err := s.signedApp(ctx, sc.Token)
	if err != nil {
		return App{}, err
	}
	return app, s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, l := range s.Limits.scans(sc.Source, app) {
			ok, retry, err := s.Limiter.Allow(ctx, tx, l.limit, l.key)
			if err != nil {
				return err
			}
			if !ok {
				return &TooMany{Retry: retry}
			}
		}
		return nil
	})
}

// scan gives the found attempt to the app's owner. What a refusal changes
// stays changed: a second scanner is told of to the first.
func (s *Service) scan(ctx context.Context, app App, sc Scanner, how string, find func(*db.Tx) (qrAttempt, error)) (out Scanned, err error) {
	var refusal error
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, refusal = Scanned{}, nil
		a, err := find(tx)
		if err == nil {
			a, err = s.takeUp(ctx, tx, app, sc, how, a)
		}
		if r, ok := errors.AsType[*Refusal](err); ok {
			refusal = err
			return s.Audit.Append(ctx, tx, audit.Event{Action: "qr.scan", Actor: ref(app.Account.ID), Target: a.ref(), Outcome: audit.Refused, Reason: string(r.Code)})
		}
		if err != nil {
			return err
		}
		out = s.scanned(a, app, sc.Lang)
		return s.Audit.Append(ctx, tx, audit.Event{Action: "qr.scan", Actor: ref(app.Account.ID), Target: a.ref(), Outcome: audit.OK, Reason: how})
	})
	if err == nil {
		err = refusal
	}
	return out, err
}

func (s *Service) takeUp(ctx context.Context, tx *db.Tx, app App, sc Scanner, how string, a qrAttempt) (qrAttempt, error) {
	now := s.now()
	mine := a.AccountID != nil && *a.AccountID == app.Account.ID && a.PhoneID != nil && *a.PhoneID == app.Phone.ID
	switch state := a.stateAt(now); {
	case state == QRScanned && mine:
		return a, nil
	case state == QRScanned:
		s.changed(tx, a.ID)
		if _, err := db.Exec(ctx, tx, `UPDATE qr_attempt SET second = TRUE, changed_at = $1 WHERE id = $2`, now, a.ID); err != nil {
			return a, err
		}
		return a, refuse(SecondScanner)
	case state != QRWaiting:
		return a, refuse(Over)
	}
	blocked, err := s.networkBlocked(ctx, tx, app.Account.ID, a.source())
	if err != nil {
		return a, err
	}
	if blocked {
		return a, refuse(BlockedNetwork)
	}
	// Time may have ended one that stood in the way.
	if _, err := db.Exec(ctx, tx, `UPDATE qr_attempt SET state = $1, changed_at = $2 WHERE account_id = $3 AND state = $4 AND expires_at <= $2`,
		QRExpired, now, app.Account.ID, QRScanned); err != nil {
		return a, err
	}
	pending, err := db.Get[qrAttempt](ctx, tx, `SELECT `+qrColumns+` FROM qr_attempt WHERE account_id = $1 AND state = $2`, app.Account.ID, QRScanned)
	if err == nil {
		shown := s.scanned(pending, app, sc.Lang)
		return a, &Refusal{Code: OwnPending, Pending: &shown}
	}
	if !isNotFound(err) {
		return a, err
	}
	a.State, a.How, a.AccountID, a.PhoneID, a.ExpiresAt = QRScanned, how, &app.Account.ID, &app.Phone.ID, now.Add(QRApproval)
	a.Place = s.place(sc.Lang, a.source(), sc.Source)
	if how != HowHere {
		numbers := drawNumbers()
		a.Number, a.Numbers = numbers[0], strings.Join(sorted(numbers), " ")
	}
	a.Shown = a.describe(sc.Lang)
	s.changed(tx, a.ID)
	n, err := db.Exec(ctx, tx, `UPDATE qr_attempt SET state = $1, how = $2, account_id = $3, phone_id = $4, expires_at = $5, number = $6, numbers = $7,
			place = $8, shown = $9, changed_at = $10
		WHERE id = $11 AND state = $12`, a.State, a.How, a.AccountID, a.PhoneID, a.ExpiresAt, a.Number, a.Numbers, a.Place, a.Shown, now, a.ID, QRWaiting)
	if err != nil {
		// Two codes at once under one account: the index lets one through.
		if errors.Is(err, db.ErrExists) {
			return a, &TooMany{Retry: time.Second}
		}
		return a, err
	}
	if n == 0 {
		return a, refuse(SecondScanner)
	}
	if how == HowCode {
		return a, s.sendApprovalCode(ctx, tx, app, sc, a)
	}
	return a, nil
}

// approvalRequest names the codes of an attempt among those of sign-ins.
func approvalRequest(attemptID string) string { return "qr:" + attemptID }

func (s *Service) sendApprovalCode(ctx context.Context, tx *db.Tx, app App, sc Scanner, a qrAttempt) error {
	at := attempt{ID: db.NewID(), AccountID: app.Account.ID, RequestID: approvalRequest(a.ID), Browser: digest(app.SessionID), Service: a.SMSName,
		Phone: app.Account.Phone, Source: sc.Source.String(), State: stateOpen, CreatedAt: s.now()}
	if err := s.insertAttempt(ctx, tx, at); err != nil {
		return err
	}
	err := s.sendCode(ctx, tx, at, app.Account.Number, sc.Source)
	if sendRefused(err) {
		return &TooMany{Retry: sourceWindow}
	}
	return err
}

// Scanned returns what an attempt of the app's owner looks like now. It errs
// with a *Refusal.
func (s *Service) Scanned(ctx context.Context, token, attemptID, lang string) (Scanned, error) {
	app, err := s.signedApp(ctx, token)
	if err != nil {
		return Scanned{}, err
	}
	a, err := s.ownQR(ctx, s.DB, app, attemptID)
	return s.scanned(a, app, lang), err
}

// ownQR returns an attempt that this phone took up, or refuses with Over.
func (s *Service) ownQR(ctx context.Context, q db.Querier, app App, id string) (qrAttempt, error) {
	a, err := db.Get[qrAttempt](ctx, q, `SELECT `+qrColumns+` FROM qr_attempt WHERE id = $1 AND account_id = $2 AND phone_id = $3`, id, app.Account.ID, app.Phone.ID)
	if isNotFound(err) {
		return a, refuse(Over)
	}
	return a, err
}

func cleanDigits(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, typed)
}
