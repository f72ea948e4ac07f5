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

	// MaxQueued bounds the messages that wait: more would be of no use to
	// anybody by the time their turn comes.
	MaxQueued = 5000

	sealPurpose = "sms.text"
)

// State is where a message is.
type State string

const (
	Queued    State = "queued"
	Accepted  State = "accepted"
	Delivered State = "delivered"
	Failed    State = "failed"
	// Out is what State says of a message that does not come because SMS is
	// out of order; no row has it.
	Out State = "out"
)

// ErrTooLate says that a message's NotAfter passed before it was sent.
var ErrTooLate = errors.New("sms: too late to send")

// A Message is what a Provider sends.
type Message struct {
	ID   string // stays the same when a message is tried again
	To   string // E.164
	Text string
	// NotAfter is when the message loses its use; a provider that can tell the
	// carrier does so.
	NotAfter time.Time
}

// LogValue keeps phone and text out of logs.
func (m Message) LogValue() slog.Value { return slog.StringValue("sms " + m.ID) }

// Outgoing is a message to be queued.
type Outgoing struct {
	To      string // E.164
	Text    string // at most MaxText bytes
	Purpose string // what for: otp, lock_notice
	Subject string // id of whom it is about
	Unit    string // id of the unit whose message it is, "" for none
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
	db      *db.DB
	clk     clock.Clock
	box     *secretbox.Box
	queue   *jobs.Queue
	routes  []Route
	daily   int
	log     *slog.Logger
	observe func(purpose, state string)
}

type sendArgs struct {
	ID string `json:"id"`
}

func (sendArgs) Kind() string { return "sms.send" }

// New returns the service and registers its job. Without a provider (nil) this
// process only queues messages and leaves the sending to one that has a
// gateway: a code must never end in the wrong place.
func New(d *db.DB, clk clock.Clock, box *secretbox.Box, q *jobs.Queue, r *jobs.Registry, p Provider, log *slog.Logger) *Service {
	s := &Service{db: d, clk: clk, box: box, queue: q, log: log, observe: func(string, string) {}}
	// Two more than the row counts, for attempts lost with their process.
	options := []jobs.Option{jobs.MaxAttempts(maxAttempts + 2), jobs.Timeout(2*sendTimeout + recordTimeout), jobs.When(s.ready)}
	if p == nil {
		options = append(options, jobs.Elsewhere())
	} else {
		s.routes = []Route{{Provider: p}}
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

// Queue writes the message and its job; both exist when tx commits. While SMS
// is declared out of order or MaxQueued messages wait, the message fails at
// once: whoever waits for it is told instead of waiting. It errs
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
	hopeless, err := s.hopeless(ctx, tx)
	if err != nil {
		return "", err
	}
	state, text := Queued, &sealed
	if hopeless != "" {
		state, text = Failed, nil
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO sms_message
		(id, phone, text, purpose, subject, unit, state, reason, attempts, provider, ref, not_after, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,0,'','',$9,$10,$10)`,
		id, o.To, text, o.Purpose, o.Subject, o.Unit, state, hopeless, o.NotAfter, now)
	if err != nil || state == Failed {
		return id, err
	}
	return id, s.queue.Enqueue(ctx, tx, sendArgs{id}, jobs.UniqueKey(id))
}

// State returns what became of a message. A message that waited past its
// NotAfter counts as failed at once, one that does not come because SMS is out
// of order as Out. It errs with db.ErrNotFound.
func (s *Service) State(ctx context.Context, q db.Querier, id string) (Delivery, error) {
	row, err := db.Get[struct {
		State     State     `db:"state"`
		Reason    string    `db:"reason"`
		NotAfter  time.Time `db:"not_after"`
		UpdatedAt time.Time `db:"updated_at"`
	}](ctx, q, `SELECT state, reason, not_after, updated_at FROM sms_message WHERE id = $1`, id)
	if err != nil {
		return Delivery{}, err
	}
	switch {
	case row.State == Failed && (row.Reason == reasonOutage || row.Reason == reasonLimit || row.Reason == reasonFull):
		return Delivery{Out, row.UpdatedAt}, nil
	case row.State == Queued || row.State == Failed && row.Reason != reasonUndelivered:
		if o, err := s.Outage(ctx, q); err != nil {
			return Delivery{}, err
		} else if o.Out {
			return Delivery{Out, o.Since}, nil
		}
	}
	if row.State == Queued && !s.clk.Now().Before(row.NotAfter) {
		return Delivery{Failed, row.NotAfter}, nil
	}
	return Delivery{row.State, row.UpdatedAt}, nil
}
