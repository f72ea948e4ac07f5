package sms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/internal/db"
)

// skew is how far the clocks of two processes may be apart.
const skew = time.Minute

// A Receipt is what a provider reports of one part of a message.
type Receipt struct {
	Provider string
	Ref      string // the provider's own id of the part
	State    State  // Delivered or Failed
	Code     string // the provider's word for it
}

// Receive keeps a receipt and tells the message of it. It may come before the
// message is known to be accepted, more than once, and for messages that
// nobody knows.
func (s *Service) Receive(ctx context.Context, r Receipt) error {
	if r.Provider == "" || r.Ref == "" || r.State != Delivered && r.State != Failed {
		return fmt.Errorf("sms: receipt of %q for state %q", r.Provider, r.State)
	}
	r.Ref = clip(r.Ref, MaxRef)
	// Kept first and matched afterwards, as accept does: whichever of the two
	// comes last sees the other.
	err := s.record(ctx, `INSERT INTO sms_receipt (provider, ref, state, code, received_at) VALUES ($1,$2,$3,$4,$5)
		ON CONFLICT (provider, ref) DO UPDATE SET state = $3, code = $4, received_at = $5`,
		r.Provider, r.Ref, r.State, clip(r.Code, MaxRef), s.clk.Now())
	if err != nil {
		return err
	}
	return s.settle(ctx, r.Provider, r.Ref)
}

type part struct {
	ID        string    `db:"id"`
	Purpose   string    `db:"purpose"`
	Unit      string    `db:"unit"`
	CreatedAt time.Time `db:"created_at"`
}

// settle matches receipts to the messages that have the part: delivered when
// all its parts are, failed when one is lost. The first end is the last.
func (s *Service) settle(ctx context.Context, provider, ref string) error {
	return s.recordTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		// A carrier counts its ids anew one day: the newest message is meant.
		m, err := db.Get[part](ctx, tx, `SELECT m.id, m.purpose, m.unit, m.created_at FROM sms_part p JOIN sms_message m ON m.id = p.message_id
			WHERE p.provider = $1 AND p.ref = $2 AND m.state = $3 ORDER BY m.created_at DESC LIMIT 1`, provider, ref, Accepted)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		states, err := db.Select[*string](ctx, tx, `SELECT r.state FROM sms_part p
			LEFT JOIN sms_receipt r ON r.provider = p.provider AND r.ref = p.ref AND r.received_at >= $2
			WHERE p.message_id = $1`, m.ID, m.CreatedAt.Add(-skew))
		if err != nil {
			return err
		}
		state, reason := Delivered, ""
		for _, p := range states {
			switch {
			case p != nil && State(*p) == Failed:
				state, reason = Failed, reasonUndelivered
			case p == nil && state == Delivered:
				state = Accepted
			}
		}
		if state == Accepted {
			return nil
		}
		n, err := db.Exec(ctx, tx, `UPDATE sms_message SET state = $3, reason = $4, updated_at = $5 WHERE id = $1 AND state = $2`,
			m.ID, Accepted, state, reason, s.clk.Now())
		if err != nil || n == 0 {
			return err
		}
		t := tally{Delivered: 1}
		if state == Failed {
			t = tally{Failed: 1}
		}
		tx.AfterCommit(func() {
			s.observe(m.Purpose, string(state))
			s.log.InfoContext(ctx, "sms settled", "sms_id", m.ID, "purpose", m.Purpose, "provider", provider, "state", string(state))
		})
		return count(ctx, tx, queued{Purpose: m.Purpose, Unit: m.Unit, CreatedAt: m.CreatedAt}, provider, t)
	})
}

// resettle matches what a process that ended between the two steps left.
func (s *Service) resettle(ctx context.Context) error {
	type pair struct {
		Provider string `db:"provider"`
		Ref      string `db:"ref"`
	}
	left, err := db.Select[pair](ctx, s.db, `SELECT DISTINCT r.provider, r.ref FROM sms_receipt r JOIN sms_part p ON p.provider = r.provider AND p.ref = r.ref
		JOIN sms_message m ON m.id = p.message_id WHERE m.state = $1 AND r.received_at > $2 ORDER BY r.provider, r.ref LIMIT 500`,
		Accepted, s.clk.Now().Add(-2*time.Hour))
	for _, l := range left {
		err = errors.Join(err, s.settle(ctx, l.Provider, l.Ref))
	}
	return err
}
