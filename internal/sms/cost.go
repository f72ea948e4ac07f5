package sms

import (
	"context"
	"time"

	"motcua/internal/db"
	"motcua/internal/vn"
)

// KeepCounts is how long the counts stay: a year beside the one before.
const KeepCounts = 2 * 366 * 24 * time.Hour

// tally is what one event adds to the counts.
type tally struct {
	Messages, Parts   int
	Price             int64
	Delivered, Failed int
}

// Day is the day of Vietnam on which t lies, as counts are kept.
func Day(t time.Time) string { return t.In(vn.Zone).Format(time.DateOnly) }

func count(ctx context.Context, tx *db.Tx, m queued, provider string, t tally) error {
	_, err := db.Exec(ctx, tx, `INSERT INTO sms_count (day, provider, purpose, unit, messages, parts, price, delivered, failed) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)
		ON CONFLICT (day, provider, purpose, unit) DO UPDATE SET messages = sms_count.messages + $5, parts = sms_count.parts + $6,
			price = sms_count.price + $7, delivered = sms_count.delivered + $8, failed = sms_count.failed + $9`,
		Day(m.CreatedAt), provider, m.Purpose, m.Unit, t.Messages, t.Parts, t.Price, t.Delivered, t.Failed)
	return err
}

// A Cost is what messages of one kind came to.
type Cost struct {
	Provider string `db:"provider"`
	Purpose  string `db:"purpose"`
	Unit     string `db:"unit"` // "": of no unit
	Messages int    `db:"messages"`
	// Parts are what carriers bill.
	Parts int   `db:"parts"`
	Price int64 `db:"price"` // đồng
	// Delivered and Failed are what receipts told of them.
	Delivered int `db:"delivered"`
	Failed    int `db:"failed"`
}

// Costs sums up the accepted messages of the days from and to, both included,
// by provider, purpose and unit.
func (s *Service) Costs(ctx context.Context, from, to string) ([]Cost, error) {
	return db.Select[Cost](ctx, s.db, `SELECT provider, purpose, unit, SUM(messages) AS messages, SUM(parts) AS parts, CAST(SUM(price) AS BIGINT) AS price,
			SUM(delivered) AS delivered, SUM(failed) AS failed
		FROM sms_count WHERE day >= $1 AND day <= $2 GROUP BY provider, purpose, unit ORDER BY provider, purpose, unit`, from, to)
}

// Purge deletes rows older than KeepMessages and counts older than KeepCounts,
// fails messages that nobody sent in time and matches receipts that were left.
// It runs hourly.
func (s *Service) Purge(ctx context.Context) error {
	now := s.clk.Now()
	old := now.Add(-KeepMessages)
	steps := []struct {
		text string
		args []any
	}{
		{`UPDATE sms_message SET state = $1, reason = $2, text = NULL, updated_at = $3 WHERE state = $4 AND not_after <= $3`, []any{Failed, reasonLate, now, Queued}},
		{`DELETE FROM sms_part WHERE message_id IN (SELECT id FROM sms_message WHERE created_at < $1)`, []any{old}},
		{`DELETE FROM sms_message WHERE created_at < $1`, []any{old}},
		{`DELETE FROM sms_receipt WHERE received_at < $1`, []any{old}},
		{`DELETE FROM sms_count WHERE day < $1`, []any{Day(now.Add(-KeepCounts))}},
	}
	for _, step := range steps {
		if _, err := db.Exec(ctx, s.db, step.text, step.args...); err != nil {
			return err
		}
	}
	return s.resettle(ctx)
}

// Daily tells how many parts were sent on this day of Vietnam, and how many
// may be; a limit of 0 is none, or none that this process knows of.
func (s *Service) Daily(ctx context.Context) (used, limit int, err error) {
	used, err = db.Get[int](ctx, s.db, `SELECT COALESCE(SUM(parts), 0) FROM sms_count WHERE day = $1`, Day(s.clk.Now()))
	return used, s.daily, err
}

// A Tariff is a provider of this process and what a part costs there, in đồng.
type Tariff struct {
	Provider string
	Price    int64
}

// Tariffs lists the providers of this process in the order in which they are
// tried; a process that only queues has none.
func (s *Service) Tariffs() (out []Tariff) {
	for _, r := range s.routes {
		out = append(out, Tariff{r.Provider.Name(), r.Price})
	}
	return out
}
