package signin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"motcua/internal/db"
)

const (
	// TransactionLife is how long a person may take at the provider (RP-02).
	TransactionLife = 10 * time.Minute
	// transactionKept is how long a row stays after its end, so that a late
	// answer still knows the way back (SES-05).
	transactionKept = 24 * time.Hour
	// BrowserTokenLife is for the cookie that binds transactions to a
	// browser; it must outlive the rows, or a late answer looks stolen.
	BrowserTokenLife = TransactionLife + transactionKept
	// maxReturnTo bounds the return path: a row holds it and a page shows it.
	maxReturnTo = 4 << 10

	sealPurpose = "signin.verifier"
)

// NewBrowserToken makes the value of the cookie that binds transactions to one
// browser. All tabs share it, so parallel sign-ins do not disturb each other.
func NewBrowserToken() string { return secret() }

// ValidBrowserToken says whether a cookie's value can be one of ours.
func ValidBrowserToken(s string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && len(raw) == secretBytes
}

// secretBytes are 256 bits: twice what RP-02 asks.
const secretBytes = 32

func secret() string {
	b := make([]byte, secretBytes)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

type transaction struct {
	StateHash  string     `db:"state_hash"`
	NonceHash  string     `db:"nonce_hash"`
	Verifier   string     `db:"verifier"`
	ReturnTo   string     `db:"return_to"`
	FreshAfter *time.Time `db:"fresh_after"`
	Restarts   int        `db:"restarts"`
	MinLevel   string     `db:"min_level"`
	ExpiresAt  time.Time  `db:"expires_at"`
}

// begin writes a transaction and gives its secrets.
func (s *Service) begin(ctx context.Context, r Request, freshAfter time.Time) (a authorization, err error) {
	a = authorization{state: secret(), nonce: secret(), verifier: secret()}
	stateHash := hashOf(a.state)
	sealed, err := s.box.Seal(sealPurpose, stateHash, []byte(a.verifier))
	if err != nil {
		return a, fmt.Errorf("seal the verifier: %w", err)
	}
	var fresh *time.Time
	if !freshAfter.IsZero() {
		fresh = &freshAfter
	}
	now := s.clk.Now()
	_, err = db.Exec(ctx, s.db, `
		INSERT INTO signin_transaction
			(state_hash, issuer, browser_hash, nonce_hash, verifier, return_to, fresh_after, restarts, created_at, expires_at, min_level)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		stateHash, s.provider.Issuer, s.browserHash(r.BrowserToken), hashOf(a.nonce), sealed, r.ReturnTo,
		fresh, r.restarts, now, now.Add(TransactionLife), r.MinLevel)
	return a, err
}

// browserHash binds a transaction to the browser and to this service.
func (s *Service) browserHash(token string) string {
	if s.provider.Purpose != "" {
		token = s.provider.Purpose + "\n" + token
	}
	return hashOf(token)
}

// consume takes a transaction out of play: one statement decides who of
// several bearers of the same state gets it (RP-02). An expired transaction is
// consumed like a live one, so that it restarts once.
func (s *Service) consume(ctx context.Context, state, browserToken string) (transaction, string, error) {
	var t transaction
	stateHash, now := hashOf(state), s.clk.Now()
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		t, err = db.Get[transaction](ctx, tx, `
			UPDATE signin_transaction SET used_at = $4
			WHERE state_hash = $1 AND browser_hash = $2 AND issuer = $3 AND used_at IS NULL
			RETURNING state_hash, nonce_hash, verifier, return_to, fresh_after, restarts, expires_at, min_level`,
			stateHash, s.browserHash(browserToken), s.provider.Issuer, now)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE signin_transaction SET verifier = '' WHERE state_hash = $1`, stateHash)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return t, "", s.whyNot(ctx, stateHash, browserToken)
	}
	if err != nil {
		return t, "", err
	}
	verifier, err := s.box.Open(sealPurpose, stateHash, t.Verifier)
	if err != nil {
		return t, "", fmt.Errorf("open the verifier: %w", err)
	}
	return t, string(verifier), nil
}

// whyNot explains why consume found nothing.
func (s *Service) whyNot(ctx context.Context, stateHash, browserToken string) error {
	row, err := db.Get[struct {
		Issuer      string     `db:"issuer"`
		BrowserHash string     `db:"browser_hash"`
		ReturnTo    string     `db:"return_to"`
		UsedAt      *time.Time `db:"used_at"`
	}](ctx, s.db, `
		SELECT issuer, browser_hash, return_to, used_at
		FROM signin_transaction WHERE state_hash = $1`, stateHash)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return fail(Expired, "state_unknown", nil)
	case err != nil:
		return err
	case row.BrowserHash != s.browserHash(browserToken):
		// No way back: the path is another person's.
		return fail(WrongBrowser, "browser", nil)
	case row.Issuer != s.provider.Issuer:
		return withReturn(fail(MixUp, "provider_changed", nil), row.ReturnTo)
	}
	return withReturn(fail(Replayed, "state_used", nil), row.ReturnTo)
}

const (
	// purgeBatch bounds what one statement of Purge deletes, so that others
	// are not kept waiting, and purgeBatches one call; the next hour's goes on.
	purgeBatch   = 500
	purgeBatches = 1000
)

// Purge deletes transactions a day after their end, and used logout tokens. It
// is called hourly.
func (s *Service) Purge(ctx context.Context) error {
	now := s.clk.Now()
	return errors.Join(
		s.inBatches(ctx, `DELETE FROM signin_transaction WHERE state_hash IN
			(SELECT state_hash FROM signin_transaction WHERE expires_at < $1 LIMIT $2)`, now.Add(-transactionKept)),
		s.inBatches(ctx, `DELETE FROM signin_logout_token WHERE digest IN
			(SELECT digest FROM signin_logout_token WHERE created_at < $1 LIMIT $2)`, now.Add(-logoutTokenKept)))
}

func (s *Service) inBatches(ctx context.Context, text string, before time.Time) error {
	for range purgeBatches {
		n, err := db.Exec(ctx, s.db, text, before, purgeBatch)
		if err != nil || n < purgeBatch {
			return err
		}
	}
	return nil
}
