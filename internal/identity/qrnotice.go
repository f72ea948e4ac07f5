package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"motcua/internal/db"
	"motcua/internal/session"
	"motcua/internal/sms"
	"motcua/internal/vn"
)

const (
	// NoticePath is where the notice's link leads; its secret follows.
	NoticePath = "/k/"
	// noticeBytes of randomness and their MAC make the secret.
	noticeBytes = 8
	noticeMAC   = 8
	// noticeLife is how long after the sign-in the message still makes sense.
	noticeLife = time.Hour
)

// NoteQRSession ties an attempt to the session that it opened and tells the
// owner by SMS, with a signed link that ends it (QR-10).
func (s *Service) NoteQRSession(ctx context.Context, tx *db.Tx, g Grant, sessionID string) error {
	link := s.newNoticeLink()
	a, err := db.Get[qrAttempt](ctx, tx, `UPDATE qr_attempt SET session_id = $1, notice_digest = $2 WHERE id = $3 RETURNING `+qrColumns,
		sessionID, digest(link), g.Attempt)
	if err != nil || s.NoQRNotice {
		return err
	}
	_, err = s.SMS.Queue(ctx, tx, sms.Outgoing{To: g.Account.Phone, Purpose: "qr_notice", Subject: g.Account.ID,
		Text: qrNoticeText(g.Account.Number, a.SMSName, s.now(), s.IDURL+NoticePath+link), NotAfter: s.now().Add(noticeLife)})
	return err
}

func (s *Service) newNoticeLink() string {
	b := make([]byte, noticeBytes)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(append(b, s.Box.MAC("qr-notice", b)[:noticeMAC]...))
}

// noticeSigned keeps made-up links away from the database.
func (s *Service) noticeSigned(link string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(link)
	return err == nil && len(b) == noticeBytes+noticeMAC && equal(b[noticeBytes:], s.Box.MAC("qr-notice", b[:noticeBytes])[:noticeMAC])
}

// A Notice is the sign-in behind a notice's link.
type Notice struct {
	SessionID, AccountID             string
	Service, ServiceEN, Agent, Place string
	At                               time.Time
	NumberTail                       string
}

// noticeUsable is how long the link ends something: no session lives longer.
const noticeUsable = session.DefaultAbsolute

// Notice returns the sign-in that a link tells of. It errs with db.ErrNotFound
// when the link is none or too old.
func (s *Service) Notice(ctx context.Context, link string) (Notice, error) {
	if !s.noticeSigned(link) {
		return Notice{}, db.ErrNotFound
	}
	a, err := db.Get[qrAttempt](ctx, s.DB, `SELECT `+qrColumns+` FROM qr_attempt WHERE notice_digest = $1 AND session_id IS NOT NULL`, digest(link))
	if err == nil && s.now().Sub(*a.UsedAt) > noticeUsable {
		err = db.ErrNotFound
	}
	if err != nil {
		return Notice{}, err
	}
	account, err := s.Get(ctx, s.DB, *a.AccountID)
	return Notice{SessionID: *a.SessionID, AccountID: *a.AccountID, Service: a.Service, ServiceEN: a.ServiceEN, Agent: a.Agent, Place: a.Place, At: *a.UsedAt,
		NumberTail: vn.MaskNumber(account.Number)}, err
}

func qrNoticeText(number, service string, at time.Time, link string) string {
	return "Tai khoan ..." + tail(number, 4) + " dang nhap " + service + " bang ma QR luc " + vn.Clock(at) + ". Khong phai ban? Mo " + link
}
