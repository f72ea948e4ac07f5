package sms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/internal/db"
	"motcua/internal/jobs"
)

// Why a message failed, as the row keeps it.
const (
	reasonLate      = "too_late"
	reasonPermanent = "refused"
	reasonTries     = "gave_up"
)

type queued struct {
	Phone    string    `db:"phone"`
	Text     *string   `db:"text"`
	Purpose  string    `db:"purpose"`
	State    State     `db:"state"`
	Attempts int       `db:"attempts"`
	NotAfter time.Time `db:"not_after"`
}

// send is the job. It may run again after a process ended between handing the
// message over and writing so: then the provider sees the same id twice.
func (s *Service) send(ctx context.Context, id string) error {
	m, err := db.Get[queued](ctx, s.db, `SELECT phone, text, purpose, state, attempts, not_after FROM sms_message WHERE id = $1`, id)
	if errors.Is(err, db.ErrNotFound) || err == nil && (m.State != Queued || m.Text == nil) {
		return nil
	}
	if err != nil {
		return err
	}
	left := m.NotAfter.Sub(s.clk.Now())
	if left <= 0 {
		return s.fail(ctx, id, m, reasonLate, ErrTooLate)
	}
	ref, err := s.hand(ctx, id, m, left)
	m.Attempts++
	switch {
	case err == nil:
		return s.accept(ctx, id, m, ref)
	case IsPermanent(err):
		return s.fail(ctx, id, m, reasonPermanent, err)
	case m.Attempts >= maxAttempts:
		return s.fail(ctx, id, m, reasonTries, err)
	case !s.clk.Now().Before(m.NotAfter):
		return s.fail(ctx, id, m, reasonLate, errors.Join(ErrTooLate, err))
	}
	if e := s.record(ctx, `UPDATE sms_message SET attempts = $3 WHERE id = $1 AND state = $2`, id, Queued, m.Attempts); e != nil {
		return errors.Join(err, e)
	}
	return fmt.Errorf("sms %s to %s: %w", m.Purpose, s.provider.Name(), err)
}

// hand gives the message to the provider. A text that cannot be opened is
// worth another try: its key may be too new for this process.
func (s *Service) hand(ctx context.Context, id string, m queued, left time.Duration) (ref string, err error) {
	text, err := s.box.Open(sealPurpose, id, *m.Text)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, min(left, sendTimeout))
	defer cancel()
	return s.provider.Send(ctx, Message{ID: id, To: m.Phone, Text: string(text)})
}

func (s *Service) accept(ctx context.Context, id string, m queued, ref string) error {
	err := s.record(ctx, `UPDATE sms_message SET state = $3, text = NULL, attempts = $7, provider = $4, ref = $5, updated_at = $6
		WHERE id = $1 AND state = $2`, id, Queued, Accepted, s.provider.Name(), clip(ref, MaxRef), s.clk.Now(), m.Attempts)
	if err == nil {
		s.observe(m.Purpose, string(Accepted))
		s.log.InfoContext(ctx, "sms accepted", "sms_id", id, "purpose", m.Purpose, "attempt", m.Attempts, "provider", s.provider.Name())
	}
	return err
}

// fail ends the message. The job's error is final, so that operators find it
// among the jobs that were given up.
func (s *Service) fail(ctx context.Context, id string, m queued, reason string, cause error) error {
	err := s.record(ctx, `UPDATE sms_message SET state = $3, reason = $4, text = NULL, attempts = $7, provider = $5, updated_at = $6
		WHERE id = $1 AND state = $2`, id, Queued, Failed, reason, s.provider.Name(), s.clk.Now(), m.Attempts)
	if err != nil {
		return errors.Join(cause, err)
	}
	s.observe(m.Purpose, string(Failed))
	s.log.WarnContext(ctx, "sms failed", "sms_id", id, "purpose", m.Purpose, "attempt", m.Attempts, "provider", s.provider.Name(), "why", reason, "error", cause)
	return jobs.Cancel(fmt.Errorf("sms %s to %s: %s: %w", m.Purpose, s.provider.Name(), reason, cause))
}

// record writes what happened even when the process is told to stop: a message
// that went out but is not known to have would go out again.
func (s *Service) record(ctx context.Context, text string, args ...any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, text, args...)
		return err
	})
}
