package identity

import (
	"context"
	"net/netip"
	"time"

	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/ratelimit"
	"motcua/internal/sms"
)

// blockLife is how long "Không phải tôi" shuts a network for the account.
const blockLife = 24 * time.Hour

// blockNetwork shuts the network of an address for this account, for QR and
// password alike, and tells the owner.
func (s *Service) blockNetwork(ctx context.Context, tx *db.Tx, a Account, source netip.Addr) error {
	until := s.now().Add(blockLife)
	if _, err := db.Exec(ctx, tx, `INSERT INTO account_block (account_id, network, until) VALUES ($1,$2,$3)
		ON CONFLICT (account_id, network) DO UPDATE SET until = EXCLUDED.until`, a.ID, credential.Network(source), until); err != nil {
		return err
	}
	_, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "qr_report", Subject: a.ID, Text: reportText(a.Number), NotAfter: s.now().Add(day)})
	return err
}

// networkBlocked reports whether the owner shut the network of this address.
func (s *Service) networkBlocked(ctx context.Context, q db.Querier, accountID string, source netip.Addr) (bool, error) {
	n, err := db.Get[int](ctx, q, `SELECT count(*) FROM account_block WHERE account_id = $1 AND network = $2 AND until > $3`,
		accountID, credential.Network(source), s.now())
	return n > 0, err
}

func reportText(number string) string {
	return "Tai khoan ..." + tail(number, 4) + ": ban da bao co nguoi khac dang nhap bang ma QR. Dang nhap tu mang do bi chan 24 gio. Can giup, hay goi tong dai ho tro."
}

// Counts of QR sign-ins, per window; Limits.Factor multiplies them.
const (
	// pagesPerSource of attempts made from one address: a page makes one every
	// two minutes, so that this is some sixty pages in use behind it.
	pagesPerSource = 150
	// scansPerAccount of codes taken up by one account and its phone.
	scansPerAccount = 20
	scansPerSource  = 200
	qrWindow        = 5 * time.Minute
)

func (l Limits) qrPages(source netip.Addr) ratelimit.Limit {
	return ratelimit.Limit{Name: "qr.page.source", Burst: pagesPerSource * l.factor(source), Per: qrWindow}
}

type keyed struct {
	limit ratelimit.Limit
	key   string
}

// scans are the limits of one scan: of its account, its phone, its address.
func (l Limits) scans(source netip.Addr, app App) []keyed {
	return []keyed{
		{ratelimit.Limit{Name: "qr.scan.account", Burst: scansPerAccount * l.Factor, Per: qrWindow}, app.Account.ID},
		{ratelimit.Limit{Name: "qr.scan.phone", Burst: scansPerAccount * l.Factor, Per: qrWindow}, app.Phone.ID},
		{ratelimit.Limit{Name: "qr.scan.source", Burst: scansPerSource * l.factor(source), Per: qrWindow}, source.String()},
	}
}
