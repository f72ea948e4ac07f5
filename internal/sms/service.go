package sms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"
	"unicode/utf8"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/jobs"
	"motcua/internal/secretbox"
)

const (
	// MaxText bounds a message in bytes: some six parts of GSM-7.
	MaxText = 1000
	// MaxLife bounds how long a message may wait, whatever its NotAfter.
	MaxLife = 24 * time.Hour
	// KeepMessages is how long rows stay, for questions about a message that
	// somebody says never came. They hold no text by then.
	KeepMessages = 30 * 24 * time.Hour
	// MaxRef bounds the provider's own id of a message, in bytes.
	MaxRef = 128

	// maxAttempts handings to the provider last some half a minute with the
	// queue's pauses: a person waits for the message.
	maxAttempts = 6
	// sendTimeout bounds one handing to the provider, in real time.
	sendTimeout = 30 * time.Second
	// recordTimeout bounds the writing of what became of it.
	recordTimeout = 10 * time.Second

	sealPurpose = "sms.text"
)

// State is where a message is.
type State string

const (
	Queued    State = "queued"
	Accepted  State = "accepted"
	Delivered State = "delivered"
	Failed    State = "failed"
)

// ErrTooLate says that a message's NotAfter passed before it was sent.
var ErrTooLate = errors.New("sms: too late to send")

// A Message is what a Provider sends.
type Message struct {
	ID   string // stays the same when a message is tried again
	To   string // E.164
	Text string
}

// LogValue keeps phone and text out of logs.
func (m Message) LogValue() slog.Value { return slog.StringValue("sms " + m.ID) }

// A Provider hands messages over. Send returns the provider's own id of the
// message, "" when it has none. An error marked by Permanent is final; any
// other is tried again. The text of an error must hold neither phone nor text.
type Provider interface {
	Name() string
	Send(ctx context.Context, m Message) (ref string, err error)
}

type permanent struct{ err error }

func (p *permanent) Error() string { return p.err.Error() }
func (p *permanent) Unwrap() error { return p.err }

// Permanent marks an error of a Provider that another try would not mend.
// Permanent of nil is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

// IsPermanent reports whether an error was marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanent
	return errors.As(err, &p)
}

// Outgoing is a message to be queued.
type Outgoing struct {
	To      string // E.164
	Text    string // at most MaxText bytes
	Purpose string // what for: otp, lock_notice
	Subject string // id of whom it is about
	// NotAfter is when the message loses its use: it is never sent later.
	// Zero and what lies further ahead mean MaxLife.
	NotAfter time.Time
}

// Delivery is what became of a message.
type Delivery struct {
	State State
	At    time.Time // since when
}

// Service queues and sends messages. It is safe for concurrent use.
type Service struct {
	db       *db.DB
	clk      clock.Clock
	box      *secretbox.Box
	queue    *jobs.Queue
	provider Provider
	log      *slog.Logger
	observe  func(purpose, state string)
}

type sendArgs struct {
	ID string `json:"id"`
}

func (sendArgs) Kind() string { return "sms.send" }

// New returns the service and registers its job. Without a provider (nil) this
// process only queues messages and leaves the sending to one that has a
// gateway: a code must never end in the wrong place.
func New(d *db.DB, clk clock.Clock, box *secretbox.Box, q *jobs.Queue, r *jobs.Registry, p Provider, log *slog.Logger) *Service {
	s := &Service{db: d, clk: clk, box: box, queue: q, provider: p, log: log, observe: func(string, string) {}}
	// Two more than the row counts, for attempts lost with their process.
	options := []jobs.Option{jobs.MaxAttempts(maxAttempts + 2), jobs.Timeout(sendTimeout + recordTimeout)}
	if p == nil {
		options = append(options, jobs.Elsewhere())
	}
	jobs.Register(r, func(ctx context.Context, a sendArgs) error { return s.send(ctx, a.ID) }, options...)
	return s
}

// Observe sets a function that is told of each message's end, for metrics: its
// purpose and state. Call it before the queue starts.
func (s *Service) Observe(f func(purpose, state string)) { s.observe = f }

var (
	e164    = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	purpose = regexp.MustCompile(`^[a-z][a-z_]{1,31}$`)
)

// Queue writes the message and its job; both exist when tx commits. It errs
// with ErrTooLate when NotAfter has passed already. Other errors of o are
// mistakes of the caller.
func (s *Service) Queue(ctx context.Context, tx *db.Tx, o Outgoing) (id string, err error) {
	switch {
	case !e164.MatchString(o.To):
		return "", errors.New("sms: phone is not E.164")
	case o.Text == "" || len(o.Text) > MaxText || !utf8.ValidString(o.Text):
		return "", fmt.Errorf("sms: text must be UTF-8 of 1 to %d bytes", MaxText)
	case !purpose.MatchString(o.Purpose):
		return "", fmt.Errorf("sms: purpose %q", o.Purpose)
	}
	now := s.clk.Now()
	last := now.Add(MaxLife)
	if o.NotAfter.IsZero() || o.NotAfter.After(last) {
		o.NotAfter = last
	}
	if !now.Before(o.NotAfter) {
		return "", ErrTooLate
	}
	id = db.NewID()
	sealed, err := s.box.Seal(sealPurpose, id, []byte(o.Text))
	if err != nil {
		return "", err
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO sms_message
		(id, phone, text, purpose, subject, state, reason, attempts, provider, ref, not_after, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,'',0,'','',$7,$8,$8)`,
		id, o.To, sealed, o.Purpose, o.Subject, Queued, o.NotAfter, now)
	if err != nil {
		return "", err
	}
	return id, s.queue.Enqueue(ctx, tx, sendArgs{id}, jobs.UniqueKey(id))
}

// State returns what became of a message. A message that waited past its
// NotAfter counts as failed at once. It errs with db.ErrNotFound.
func (s *Service) State(ctx context.Context, q db.Querier, id string) (Delivery, error) {
	row, err := db.Get[struct {
		State     State     `db:"state"`
		NotAfter  time.Time `db:"not_after"`
		UpdatedAt time.Time `db:"updated_at"`
	}](ctx, q, `SELECT state, not_after, updated_at FROM sms_message WHERE id = $1`, id)
	if err != nil {
		return Delivery{}, err
	}
	if row.State == Queued && !s.clk.Now().Before(row.NotAfter) {
		return Delivery{Failed, row.NotAfter}, nil
	}
	return Delivery{row.State, row.UpdatedAt}, nil
}

// Purge deletes rows older than KeepMessages and fails messages that nobody
// sent in time. It runs hourly.
func (s *Service) Purge(ctx context.Context) error {
	now := s.clk.Now()
	_, err := db.Exec(ctx, s.db, `UPDATE sms_message SET state = $1, reason = $2, text = NULL, updated_at = $3
		WHERE state = $4 AND not_after <= $3`, Failed, reasonLate, now, Queued)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, s.db, `DELETE FROM sms_message WHERE created_at < $1`, now.Add(-KeepMessages))
	return err
}
