package sms_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/jobs"
	"motcua/internal/secretbox"
	"motcua/internal/sms"
)

const (
	phone = "+84900000123"
	text  = "481905 la ma OTP dang nhap"
)

// scripted answers each Send with the next error; then with none.
type scripted struct {
	mu     sync.Mutex
	errs   []error
	sent   []sms.Message
	during func(ctx context.Context)
}

func (*scripted) Name() string { return "scripted" }

func (p *scripted) Send(ctx context.Context, m sms.Message) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	if p.during != nil {
		p.during(ctx)
	}
	if len(p.errs) > 0 {
		err := p.errs[0]
		p.errs = p.errs[1:]
		return "", err
	}
	return "ref-" + m.ID, nil
}

type rig struct {
	t     *testing.T
	db    *db.DB
	clk   *clock.Manual
	queue *jobs.Queue
	sms   *sms.Service
	log   *bytes.Buffer
}

func newRig(t *testing.T, d *db.DB, p sms.Provider) *rig {
	t.Helper()
	return newRigWith(t, d, p, secretbox.NewMaster())
}

func newRigWith(t *testing.T, d *db.DB, p sms.Provider, master secretbox.Master) *rig {
	t.Helper()
	r := &rig{t: t, db: d, clk: clock.NewManual(time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)), log: &bytes.Buffer{}}
	log := slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	box, err := secretbox.Open(t.Context(), d, master, r.clk)
	if err != nil {
		t.Fatal(err)
	}
	registry := jobs.NewRegistry()
	if r.queue, err = jobs.New(d, r.clk, registry, log); err != nil {
		t.Fatal(err)
	}
	r.sms = sms.New(d, r.clk, box, r.queue, registry, p, log)
	if err := registry.CheckArgs(); err != nil {
		t.Error(err)
	}
	return r
}

func (r *rig) queued(o sms.Outgoing) string {
	r.t.Helper()
	var id string
	err := r.db.WithTx(r.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		id, err = r.sms.Queue(ctx, tx, o)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *rig) code() string {
	r.t.Helper()
	return r.queued(sms.Outgoing{To: phone, Text: text, Purpose: "otp", Subject: "account-1", NotAfter: r.clk.Now().Add(3 * time.Minute)})
}

func (r *rig) drain() {
	r.t.Helper()
	if err := r.queue.Drain(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) want(id string, state sms.State) {
	r.t.Helper()
	got, err := r.sms.State(r.t.Context(), r.db, id)
	if err != nil || got.State != state {
		r.t.Errorf("state %q, %v; want %q", got.State, err, state)
	}
}

type kept struct {
	Text     *string `db:"text"`
	Reason   string  `db:"reason"`
	Attempts int     `db:"attempts"`
	Ref      string  `db:"ref"`
}

func (r *rig) row(id string) kept {
	r.t.Helper()
	k, err := db.Get[kept](r.t.Context(), r.db, `SELECT text, reason, attempts, ref FROM sms_message WHERE id = $1`, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return k
}

func TestOTP09_TextIsSealedAndThenGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		r := newRig(t, d, p)
		id := r.code()
		r.want(id, sms.Queued)
		if k := r.row(id); k.Text == nil || strings.Contains(*k.Text, "481905") {
			t.Errorf("waiting text %v", k.Text)
		}
		r.drain()
		r.want(id, sms.Accepted)
		if k := r.row(id); k.Text != nil || k.Ref != "ref-"+id || k.Attempts != 1 {
			t.Errorf("after sending: %+v", k)
		}
		if want := (sms.Message{ID: id, To: phone, Text: text, NotAfter: r.clk.Now().Add(3 * time.Minute)}); len(p.sent) != 1 || p.sent[0] != want {
			t.Errorf("sent %d messages", len(p.sent))
		}
		for _, secret := range []string{"481905", phone, phone[1:]} {
			if strings.Contains(r.log.String(), secret) {
				t.Errorf("the log has %s", secret)
			}
		}
	})
}

func TestTemporaryFailuresAreTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{errs: []error{errors.New("busy"), errors.New("busy")}}
		r := newRig(t, d, p)
		id := r.code()
		r.drain()
		r.want(id, sms.Queued)
		for range 2 {
			r.clk.Advance(10 * time.Second)
			r.drain()
		}
		r.want(id, sms.Accepted)
		if len(p.sent) != 3 || p.sent[0].ID != p.sent[2].ID {
			t.Errorf("tried %d times", len(p.sent))
		}
	})
}

func TestGivingUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		for range 50 {
			p.errs = append(p.errs, errors.New("busy"))
		}
		r := newRig(t, d, p)
		id := r.queued(sms.Outgoing{To: phone, Text: text, Purpose: "otp"})
		for range 50 {
			r.drain()
			r.clk.Advance(time.Minute)
		}
		r.want(id, sms.Failed)
		if k := r.row(id); k.Text != nil || k.Reason != "gave_up" || k.Attempts != 6 || len(p.sent) != 6 {
			t.Errorf("%+v after %d tries", k, len(p.sent))
		}
	})
}

func TestPermanentFailureIsNotTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{errs: []error{sms.Permanent(errors.New("no such number"))}}
		r := newRig(t, d, p)
		id := r.code()
		r.drain()
		r.want(id, sms.Failed)
		r.clk.Advance(time.Minute)
		r.drain()
		if k := r.row(id); k.Text != nil || k.Reason != "refused" || len(p.sent) != 1 {
			t.Errorf("%+v after %d tries", k, len(p.sent))
		}
	})
}

func TestOTP01_NeverSentLate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		r := newRig(t, d, p)
		id := r.code()
		r.clk.Advance(3*time.Minute - time.Millisecond)
		r.want(id, sms.Queued)
		r.clk.Advance(time.Millisecond)
		r.want(id, sms.Failed)
		r.drain()
		r.want(id, sms.Failed)
		if k := r.row(id); k.Text != nil || k.Reason != "too_late" || k.Attempts != 0 || len(p.sent) != 0 {
			t.Errorf("%+v, sent %d", k, len(p.sent))
		}
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := r.sms.Queue(ctx, tx, sms.Outgoing{To: phone, Text: text, Purpose: "otp", NotAfter: r.clk.Now()})
			return err
		})
		if !errors.Is(err, sms.ErrTooLate) {
			t.Errorf("queued too late: %v", err)
		}
	})
}

func TestOTP01_SlowProviderGetsOnlyTheTimeThatIsLeft(t *testing.T) {
	r := (*rig)(nil)
	p := &scripted{}
	p.during = func(ctx context.Context) {
		deadline, ok := ctx.Deadline()
		if !ok || time.Until(deadline) > 5*time.Second {
			t.Errorf("deadline in %v", time.Until(deadline))
		}
	}
	r = newRig(t, dbtest.New(t, db.SQLite), p)
	r.code()
	r.clk.Advance(3*time.Minute - 5*time.Second)
	r.drain()
	if len(p.sent) != 1 {
		t.Errorf("sent %d", len(p.sent))
	}
}

func TestMessageWaitsForTheCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		r := newRig(t, d, p)
		rolled := errors.New("rolled back")
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if _, err := r.sms.Queue(ctx, tx, sms.Outgoing{To: phone, Text: text, Purpose: "otp"}); err != nil {
				return err
			}
			return rolled
		})
		if !errors.Is(err, rolled) {
			t.Fatal(err)
		}
		r.drain()
		if len(p.sent) != 0 {
			t.Error("sent what was rolled back")
		}
	})
}

func TestJobThatRunsAgainSendsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		r := newRig(t, d, p)
		id := r.code()
		// As after a process that ended between writing the row and its job.
		if _, err := db.Exec(t.Context(), d, `UPDATE sms_message SET state = $1 WHERE id = $2`, sms.Accepted, id); err != nil {
			t.Fatal(err)
		}
		r.drain()
		if len(p.sent) != 0 {
			t.Errorf("sent %d times more", len(p.sent))
		}
	})
}

func TestTextThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		r := newRig(t, d, p)
		id := r.code()
		sealed := *r.row(id).Text
		set := func(text string) {
			t.Helper()
			if _, err := db.Exec(t.Context(), d, `UPDATE sms_message SET text = $1`, text); err != nil {
				t.Fatal(err)
			}
		}
		set("from a key that is not known yet")
		r.drain()
		r.want(id, sms.Queued)
		set(sealed)
		r.clk.Advance(10 * time.Second)
		r.drain()
		r.want(id, sms.Accepted)
	})
}

func TestProcessWithoutGatewayOnlyQueues(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		master, p := secretbox.NewMaster(), &scripted{}
		console := newRigWith(t, d, nil, master)
		id := console.code()
		console.drain()
		console.want(id, sms.Queued)
		server := newRigWith(t, d, p, master)
		server.drain()
		server.want(id, sms.Accepted)
		if len(p.sent) != 1 || p.sent[0].Text != text {
			t.Errorf("sent %d messages", len(p.sent))
		}
	})
}

func TestPurge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d, &scripted{})
		id := r.code()
		r.clk.Advance(3 * time.Minute)
		if err := r.sms.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if k := r.row(id); k.Text != nil || k.Reason != "too_late" {
			t.Errorf("a message that nobody sent: %+v", k)
		}
		r.clk.Advance(sms.KeepMessages - 3*time.Minute)
		if err := r.sms.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.want(id, sms.Failed)
		r.clk.Advance(time.Millisecond)
		if err := r.sms.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.sms.State(t.Context(), d, id); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("after the retention: %v", err)
		}
	})
}

func TestQueueRefusesMistakes(t *testing.T) {
	r := newRig(t, dbtest.New(t, db.SQLite), &scripted{})
	for name, o := range map[string]sms.Outgoing{
		"national phone": {To: "0900000123", Text: text, Purpose: "otp"},
		"no text":        {To: phone, Purpose: "otp"},
		"long text":      {To: phone, Text: strings.Repeat("a", sms.MaxText+1), Purpose: "otp"},
		"bad text":       {To: phone, Text: "\xff", Purpose: "otp"},
		"no purpose":     {To: phone, Text: text},
	} {
		err := r.db.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := r.sms.Queue(ctx, tx, o)
			return err
		})
		if err == nil || strings.Contains(err.Error(), "900000123") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
