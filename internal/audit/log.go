package audit

import (
	"context"
	"fmt"
	"os"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

// A Log is the audit log of one database. It is safe for concurrent use.
type Log struct {
	db      *db.DB
	clk     clock.Clock
	process string
	mac     func([]byte) []byte
	observe func(action, outcome string)
}

// An Option tunes a Log.
type Option func(*Log)

// WithMAC makes the seals depend on a key: mac must be a keyed digest that
// stays the same for the life of the database. A log that was sealed with
// another key, or without, does not verify.
func WithMAC(mac func(data []byte) []byte) Option { return func(l *Log) { l.mac = mac } }

// WithProcess names this process in its records; the default is its number
// and machine.
func WithProcess(name string) Option { return func(l *Log) { l.process = clean(name, maxAddress) } }

// WithObserver is told the codes of every record that is written, for metrics;
// a few may belong to transactions that do not commit.
func WithObserver(f func(action, outcome string)) Option { return func(l *Log) { l.observe = f } }

// New returns the log in d. It doesn't touch the database.
func New(d *db.DB, clk clock.Clock, opts ...Option) *Log {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	l := &Log{db: d, clk: clk, process: clean(fmt.Sprintf("motcua/%d@%s", os.Getpid(), host), maxAddress)}
	for _, o := range opts {
		o(l)
	}
	return l
}

// A Record is a row of the log.
type Record struct {
	ID          string    `db:"id" json:"id"`
	At          time.Time `db:"at" json:"at"`
	Action      string    `db:"action" json:"action"`
	ActorKind   string    `db:"actor_kind" json:"actor_kind,omitempty"`
	ActorID     string    `db:"actor_id" json:"actor_id,omitempty"`
	TargetKind  string    `db:"target_kind" json:"target_kind,omitempty"`
	TargetID    string    `db:"target_id" json:"target_id,omitempty"`
	Outcome     Outcome   `db:"outcome" json:"outcome"`
	Reason      string    `db:"reason" json:"reason,omitempty"`
	Detail      string    `db:"detail" json:"detail,omitempty"` // JSON object of strings, or ""
	Site        string    `db:"site" json:"site,omitempty"`
	RequestID   string    `db:"request_id" json:"request_id,omitempty"`
	Source      string    `db:"source" json:"source,omitempty"`
	Destination string    `db:"destination" json:"destination,omitempty"`
	Device      string    `db:"device" json:"device,omitempty"`
	Process     string    `db:"process" json:"process"`
	Batch       *int64    `db:"batch" json:"batch,omitempty"` // nil while unsealed
}

const columns = `id, at, action, actor_kind, actor_id, target_kind, target_id, outcome, reason, detail,
	site, request_id, source, destination, device, process, batch`

// Append writes the record of e with tx: it exists when tx commits. An event
// that breaks the bounds of Event is an error, and so the change it tells of
// does not happen either.
func (l *Log) Append(ctx context.Context, tx *db.Tx, e Event) error {
	if err := e.check(); err != nil {
		return err
	}
	detail, err := e.detailText()
	if err != nil {
		return fmt.Errorf("audit: %s: %w", e.Action, err)
	}
	info := requestOf(ctx)
	_, err = db.Exec(ctx, tx, `
		INSERT INTO audit_record (id, at, action, actor_kind, actor_id, target_kind, target_id, outcome, reason, detail,
			site, request_id, source, destination, device, process)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		db.NewID(), l.clk.Now(), e.Action,
		e.Actor.Kind, maskNumbers(clean(e.Actor.ID, maxRef)), e.Target.Kind, maskNumbers(clean(e.Target.ID, maxRef)),
		string(e.Outcome), e.Reason, detail,
		info.Site, info.RequestID, info.Source, info.Destination, info.Device, l.process)
	if err != nil {
		return fmt.Errorf("audit: %s: %w", e.Action, err)
	}
	if l.observe != nil {
		l.observe(e.Action, string(e.Outcome))
	}
	return nil
}
