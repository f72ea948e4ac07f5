package identity

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// Lives of a QR attempt (decided point "QR").
const (
	// QRLife is how long an attempt waits for a phone, QRApproval how long the
	// phone has to answer, qrCollect how long the page has to fetch an
	// approved one: a laptop may have to wake up.
	QRLife     = 120 * time.Second
	QRApproval = 180 * time.Second
	qrCollect  = 60 * time.Second
	// qrStep is how long one picture is shown, qrStepLife from its beginning
	// how long it is accepted (QR-02).
	qrStep     = 2 * time.Second
	qrStepLife = 10 * time.Second
	// qrRenewals is how often the page makes the next attempt by itself.
	qrRenewals = 10

	qrTokenBytes = 10
	qrMACBytes   = 8
	// qrPath follows the id site's address in the QR's text.
	qrPath = "/app/q#"
	// codeMax bounds the typed code: nine digits.
	codeMax = 1_000_000_000
	// maxCodeDraws bounds the search for a code that no other page shows.
	maxCodeDraws = 5
)

// States of a QR attempt. Time ends waiting, scanned and approved.
const (
	QRWaiting   = "waiting"
	QRScanned   = "scanned"
	QRApproved  = "approved"
	QRRefused   = "refused"  // "Từ chối"
	QRReported  = "reported" // "Không phải tôi"
	QRWrong     = "wrong"    // another number was chosen
	QRExpired   = "expired"
	QRCancelled = "cancelled" // by the page
	QRUsed      = "used"
)

// How a phone reached an attempt.
const (
	HowScan = "scan"
	HowCode = "code"
	HowHere = "here" // app and page in the same browser
)

type qrAttempt struct {
	ID        string     `db:"id"`
	RequestID string     `db:"request_id"`
	Browser   string     `db:"browser"`
	State     string     `db:"state"`
	Nth       int        `db:"nth"`
	ClientID  string     `db:"client_id"`
	Service   string     `db:"service"`
	ServiceEN string     `db:"service_en"`
	SMSName   string     `db:"sms_name"`
	Host      string     `db:"host"`
	Agent     string     `db:"agent"`
	Source    string     `db:"source"`
	CreatedAt time.Time  `db:"created_at"`
	ExpiresAt time.Time  `db:"expires_at"`
	How       string     `db:"how"`
	AccountID *string    `db:"account_id"`
	PhoneID   *string    `db:"phone_id"`
	Number    string     `db:"number"`
	Numbers   string     `db:"numbers"`
	Place     string     `db:"place"`
	Shown     string     `db:"shown"`
	Second    bool       `db:"second"`
	UsedAt    *time.Time `db:"used_at"`
	SessionID *string    `db:"session_id"`
}

const qrColumns = `id, request_id, browser, state, nth, client_id, service, service_en, sms_name, host, agent, source, created_at, expires_at,
	how, account_id, phone_id, number, numbers, place, shown, second, used_at, session_id`

// stateAt is the attempt's state with time taken into account.
func (a *qrAttempt) stateAt(now time.Time) string {
	switch a.State {
	case QRWaiting, QRScanned, QRApproved:
		if !a.ExpiresAt.After(now) {
			return QRExpired
		}
	}
	return a.State
}

func (a qrAttempt) ref() audit.Ref { return audit.Ref{Kind: "qr_attempt", ID: a.ID} }

// source is where the page is; it was an address when it was written.
func (a qrAttempt) source() netip.Addr {
	addr, _ := netip.ParseAddr(a.Source)
	return addr
}

// A QRPage is the sign-in page that wants a QR code.
type QRPage struct {
	RequestID, Browser string
	Source             netip.Addr
	Agent              string // in words: "Chrome, Windows"
	ClientID           string
	Service, ServiceEN string
	SMSName, Host      string
}

// MakeQR makes an attempt for a page, or leaves it the one that is alive. It
// errs with *TooMany.
func (s *Service) MakeQR(ctx context.Context, p QRPage) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := s.makeQR(ctx, tx, p)
		return err
	})
}

func (s *Service) makeQR(ctx context.Context, tx *db.Tx, p QRPage) (qrAttempt, error) {
	now := s.now()
	// What time has ended makes room.
	if _, err := db.Exec(ctx, tx, `UPDATE qr_attempt SET state = $1, changed_at = $2 WHERE request_id = $3 AND browser = $4
		AND state IN ('waiting', 'scanned', 'approved') AND expires_at <= $2`, QRExpired, now, p.RequestID, digest(p.Browser)); err != nil {
		return qrAttempt{}, err
	}
	last, err := s.newestQR(ctx, tx, p.RequestID, p.Browser)
	if err != nil && !isNotFound(err) {
		return qrAttempt{}, err
	}
	if err == nil && last.live(now) {
		return last, nil
	}
	ok, retry, err := s.Limiter.Allow(ctx, tx, s.Limits.qrPages(p.Source), p.Source.String())
	if err != nil {
		return qrAttempt{}, err
	}
	if !ok {
		return qrAttempt{}, &TooMany{Retry: retry}
	}
	id, err := s.freeQR(ctx, tx, now)
	if err != nil {
		return qrAttempt{}, err
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO qr_attempt (id, request_id, browser, token_digest, code_digest, state, nth, client_id, service, service_en,
			sms_name, host, agent, source, created_at, expires_at, changed_at, how, number, numbers, place, shown, second, signature)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$15,'','','','','',FALSE,'') ON CONFLICT DO NOTHING`,
		id, p.RequestID, digest(p.Browser), digest(s.qrToken(id)), s.qrCodeDigest(s.qrCode(id)), QRWaiting, last.Nth+1, p.ClientID, p.Service, p.ServiceEN,
		p.SMSName, p.Host, p.Agent, p.Source.String(), now, now.Add(QRLife))
	if err != nil {
		return qrAttempt{}, err
	}
	// A page that asked twice at once has one attempt.
	return s.newestQR(ctx, tx, p.RequestID, p.Browser)
}

func (a *qrAttempt) live(now time.Time) bool {
	switch a.stateAt(now) {
	case QRWaiting, QRScanned, QRApproved:
		return true
	}
	return false
}

// freeQR draws an id whose typed code no other waiting page shows.
func (s *Service) freeQR(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
	for range maxCodeDraws {
		id := db.NewID()
		n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM qr_attempt WHERE code_digest = $1 AND state = $2 AND expires_at > $3`,
			s.qrCodeDigest(s.qrCode(id)), QRWaiting, now)
		if err != nil || n == 0 {
			return id, err
		}
	}
	return "", fmt.Errorf("identity: no free code in %d draws", maxCodeDraws)
}

func (s *Service) newestQR(ctx context.Context, q db.Querier, requestID, browser string) (qrAttempt, error) {
	return db.Get[qrAttempt](ctx, q, `SELECT `+qrColumns+` FROM qr_attempt WHERE request_id = $1 AND browser = $2
		ORDER BY created_at DESC, id DESC LIMIT 1`, requestID, digest(browser))
}

// A QRView is what the sign-in page shows of its attempt.
type QRView struct {
	State  string
	Text   string // of the picture, while waiting
	Code   string // to type, while waiting
	Number string // to choose on the phone, once scanned
	Left   time.Duration
	Renew  bool // the page may make the next by itself
	Second bool // another phone tried as well
}

// QR returns the state of a page's attempt. It errs with ErrNoQR when this
// browser has none for the request.
func (s *Service) QR(ctx context.Context, requestID, browser string) (QRView, error) {
	key := qrPageKey(requestID, browser)
	a, err := s.keptQR(ctx, key)
	if a == nil && err == nil {
		a, err = s.readQR(ctx, key, requestID, browser)
	}
	if err != nil {
		return QRView{}, err
	}
	return s.viewQR(a), nil
}

func (s *Service) readQR(ctx context.Context, key, requestID, browser string) (*qrAttempt, error) {
	a, err := s.newestQR(ctx, s.DB, requestID, browser)
	if isNotFound(err) {
		err = ErrNoQR
	}
	if err == nil && a.live(s.now()) {
		s.watch.keep(key, &a, s.now())
	}
	return &a, err
}

// ErrNoQR says that this browser has no QR attempt for the request.
var ErrNoQR = refuse(Over)

func (s *Service) viewQR(a *qrAttempt) QRView {
	now := s.now()
	v := QRView{State: a.stateAt(now), Renew: a.Nth <= qrRenewals, Second: a.Second}
	switch v.State {
	case QRWaiting:
		v.Text, v.Code = s.qrText(a, now), s.qrCode(a.ID)
	case QRScanned:
		v.Number = a.Number
	case QRUsed:
		v.State = string(Over)
	}
	if a.live(now) {
		v.Left = a.ExpiresAt.Sub(now)
	}
	return v
}

// CancelQR ends a page's attempt. One that is over stays as it is.
func (s *Service) CancelQR(ctx context.Context, requestID, browser string) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		id, err := db.Get[string](ctx, tx, `UPDATE qr_attempt SET state = $1, changed_at = $2 WHERE request_id = $3 AND browser = $4
			AND state IN ('waiting', 'scanned', 'approved') RETURNING id`, QRCancelled, s.now(), requestID, digest(browser))
		if isNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		s.changed(tx, id)
		return s.Audit.Append(ctx, tx, audit.Event{Action: "qr.cancel", Target: audit.Ref{Kind: "qr_attempt", ID: id}, Outcome: audit.OK})
	})
}
