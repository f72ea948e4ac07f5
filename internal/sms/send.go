package sms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"motcua/internal/db"
	"motcua/internal/jobs"
)

// Why a message failed, as the row keeps it.
const (
	reasonLate        = "too_late"
	reasonPermanent   = "refused"
	reasonTries       = "gave_up"
	reasonOutage      = "outage"
	reasonFull        = "queue_full"
	reasonLimit       = "daily_limit"
	reasonUndelivered = "undelivered"
	// reasonUnsure: it may have gone out, but sending it again might send it
	// twice.
	reasonUnsure = "unsure"
)

var errNobody = errors.New("no provider is at hand")

type queued struct {
	Phone     string    `db:"phone"`
	Text      *string   `db:"text"`
	Purpose   string    `db:"purpose"`
	Unit      string    `db:"unit"`
	State     State     `db:"state"`
	Attempts  int       `db:"attempts"`
	Handing   string    `db:"handing"`
	NotAfter  time.Time `db:"not_after"`
	CreatedAt time.Time `db:"created_at"`
}

// send is the job. It may run again after a process ended between handing the
// message over and writing so: the mark in the row tells to whom.
func (s *Service) send(ctx context.Context, id string) error {
	m, err := db.Get[queued](ctx, s.db, `SELECT phone, text, purpose, unit, state, attempts, handing, not_after, created_at FROM sms_message WHERE id = $1`, id)
	if errors.Is(err, db.ErrNotFound) || err == nil && (m.State != Queued || m.Text == nil) {
		return nil
	}
	if err != nil {
		return err
	}
	if !s.clk.Now().Before(m.NotAfter) {
		return s.fail(ctx, id, m, "", reasonLate, ErrTooLate)
	}
	if reason, err := s.barred(ctx, m); err != nil {
		return err
	} else if reason != "" {
		return s.fail(ctx, id, m, "", reason, errors.New("messages are not sent now"))
	}
	// A text that cannot be opened is worth another try: its key may be too
	// new for this process.
	text, err := s.box.Open(sealPurpose, id, *m.Text)
	if err != nil {
		return s.again(ctx, id, m, err)
	}
	routes, state, err := s.order(ctx)
	if err != nil {
		return err
	}
	if m.Handing != "" {
		at := slices.IndexFunc(routes, func(r Route) bool { return r.Provider.Name() == m.Handing })
		if at < 0 || !repeatable(routes[at].Provider) {
			return s.fail(ctx, id, m, m.Handing, reasonUnsure, errors.New("the process ended while it was handed over"))
		}
		routes = routes[at : at+1]
	}
	return s.offer(ctx, id, m, string(text), routes, state)
}

// offer goes from provider to provider until one has taken the message, or may
// have.
func (s *Service) offer(ctx context.Context, id string, m queued, text string, routes []Route, state map[string]health) error {
	var errs []error
	refusals, tried, pinned := 0, "", m.Handing
	for _, r := range routes {
		p := r.Provider
		if seated, ok := p.(Seated); ok {
			if here, wait := seated.Seat(); !here && wait {
				errs = append(errs, fmt.Errorf("%s: %w", p.Name(), errNobody))
				continue
			}
		}
		left := m.NotAfter.Sub(s.clk.Now())
		if left <= 0 {
			break
		}
		if len(s.routes) > 1 || !repeatable(p) {
			// From here on nobody else gets the message, whatever happens to
			// this process.
			if err := s.mark(ctx, id, &m, p.Name()); err != nil {
				return err
			}
		}
		tried = p.Name()
		ref, err := s.hand(ctx, p, Message{ID: id, To: m.Phone, Text: text, NotAfter: m.NotAfter}, left)
		switch h := state[tried]; {
		case err == nil:
			m.Attempts++
			return errors.Join(s.accept(ctx, id, m, r, ref, text), s.recovered(ctx, h))
		case IsPermanent(err):
			refusals++
		case markOf(err) == markBusy:
		default:
			if e := s.rest(ctx, tried, h, err); e != nil {
				return errors.Join(err, e)
			}
		}
		errs = append(errs, fmt.Errorf("%s: %w", tried, err))
		if !SurelyNotTaken(err) {
			if !repeatable(p) {
				m.Attempts++
				return s.fail(ctx, id, m, tried, reasonUnsure, err)
			}
			return s.retry(ctx, id, m, tried, errors.Join(errs...))
		}
	}
	if refusals > 0 && refusals == len(errs) {
		m.Attempts++
		return s.fail(ctx, id, m, tried, reasonPermanent, errors.Join(errs...))
	}
	m.Handing = pinned
	return s.retry(ctx, id, m, tried, errors.Join(errs...))
}

func repeatable(p Provider) bool {
	_, no := p.(Unrepeatable)
	return !no
}

func (s *Service) hand(ctx context.Context, p Provider, m Message, left time.Duration) (ref string, err error) {
	ctx, cancel := context.WithTimeout(ctx, min(left, sendTimeout))
	defer cancel()
	return p.Send(ctx, m)
}

// mark writes whom the message is handed to, unless another run of the job
// came first.
func (s *Service) mark(ctx context.Context, id string, m *queued, name string) error {
	n, err := db.Exec(ctx, s.db, `UPDATE sms_message SET handing = $3 WHERE id = $1 AND state = $2 AND handing = $4`, id, Queued, name, m.Handing)
	if err == nil && n == 0 {
		err = jobs.Cancel(errors.New("sms: another process has this message"))
	}
	m.Handing = name
	return err
}

// retry leaves the message to a later run of its job, while there is use in
// it.
func (s *Service) retry(ctx context.Context, id string, m queued, provider string, cause error) error {
	if cause == nil {
		cause = errNobody
	}
	m.Attempts++
	if m.Attempts >= maxAttempts {
		return s.fail(ctx, id, m, provider, reasonTries, cause)
	}
	return s.again(ctx, id, m, cause)
}

func (s *Service) again(ctx context.Context, id string, m queued, cause error) error {
	if !s.clk.Now().Before(m.NotAfter) {
		return s.fail(ctx, id, m, m.Handing, reasonLate, errors.Join(ErrTooLate, cause))
	}
	err := s.record(ctx, `UPDATE sms_message SET attempts = $3, handing = $4 WHERE id = $1 AND state = $2`, id, Queued, m.Attempts, m.Handing)
	return errors.Join(fmt.Errorf("sms %s: %w", m.Purpose, cause), err)
}

func (s *Service) recovered(ctx context.Context, h health) error {
	if h.Failures == 0 {
		return nil
	}
	return s.Recovered(ctx, h.Name)
}

func (s *Service) accept(ctx context.Context, id string, m queued, r Route, ref, text string) error {
	name := r.Provider.Name()
	var refs []string
	if _, ok := r.Provider.(Reporter); ok {
		refs = strings.Fields(ref)
		if len(refs) > 0 {
			ref = refs[0]
		}
	}
	parts, _ := Parts(text)
	err := s.recordTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `UPDATE sms_message SET state = $3, text = NULL, attempts = $7, provider = $4, ref = $5, updated_at = $6, handing = ''
			WHERE id = $1 AND state = $2`, id, Queued, Accepted, name, clip(ref, MaxRef), s.clk.Now(), m.Attempts)
		if err != nil || n == 0 {
			return err
		}
		for _, part := range refs {
			if _, err := db.Exec(ctx, tx, `INSERT INTO sms_part (provider, ref, message_id) VALUES ($1,$2,$3) ON CONFLICT DO NOTHING`, name, clip(part, MaxRef), id); err != nil {
				return err
			}
		}
		return count(ctx, tx, m, name, tally{Messages: 1, Parts: parts, Price: int64(parts) * r.Price})
	})
	if err != nil {
		return err
	}
	s.observe(m.Purpose, string(Accepted))
	s.log.InfoContext(ctx, "sms accepted", "sms_id", id, "purpose", m.Purpose, "attempt", m.Attempts, "provider", name)
	for _, part := range refs {
		if err := s.settle(ctx, name, clip(part, MaxRef)); err != nil {
			return err
		}
	}
	return nil
}

// fail ends the message. The job's error is final, so that operators find it
// among the jobs that were given up.
func (s *Service) fail(ctx context.Context, id string, m queued, provider, reason string, cause error) error {
	err := s.record(ctx, `UPDATE sms_message SET state = $3, reason = $4, text = NULL, attempts = $7, provider = $5, updated_at = $6, handing = ''
		WHERE id = $1 AND state = $2`, id, Queued, Failed, reason, provider, s.clk.Now(), m.Attempts)
	if err != nil {
		return errors.Join(cause, err)
	}
	s.observe(m.Purpose, string(Failed))
	s.log.WarnContext(ctx, "sms failed", "sms_id", id, "purpose", m.Purpose, "attempt", m.Attempts, "provider", provider, "why", reason, "error", cause)
	return jobs.Cancel(fmt.Errorf("sms %s: %s: %w", m.Purpose, reason, cause))
}

// record writes what happened even when the process is told to stop: a message
// that went out but is not known to have would go out again.
func (s *Service) record(ctx context.Context, text string, args ...any) error {
	return s.recordTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, text, args...)
		return err
	})
}

func (s *Service) recordTx(ctx context.Context, f func(context.Context, *db.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return s.db.WithTx(ctx, f)
}
