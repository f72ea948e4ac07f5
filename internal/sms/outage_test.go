package sms_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/sms"
)

func (r *rig) declare(note string) {
	r.t.Helper()
	if err := r.db.WithTx(r.t.Context(), func(ctx context.Context, tx *db.Tx) error { return r.sms.Declare(ctx, tx, note) }); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) resume() (was bool) {
	r.t.Helper()
	err := r.db.WithTx(r.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		was, err = r.sms.Resume(ctx, tx)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return was
}

func (r *rig) outage() sms.Outage {
	r.t.Helper()
	o, err := r.sms.Outage(r.t.Context(), r.db)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func TestOTP07_OutageSwitchTellsAtOnceAndSendsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		r := newRig(t, d, p)
		gone := r.code()
		r.drain()
		waiting := r.code()
		r.declare("carrier works until noon")
		if o := r.outage(); !o.Out || !o.Declared || o.Note != "carrier works until noon" || !o.Since.Equal(r.clk.Now()) {
			t.Errorf("%+v", o)
		}
		r.want(waiting, sms.Out)
		r.want(gone, sms.Accepted)
		late := r.code()
		r.want(late, sms.Out)
		if k := r.row(late); k.Text != nil || k.Reason != "outage" {
			t.Errorf("%+v", k)
		}
		r.drain()
		if len(p.sent) != 1 {
			t.Errorf("sent %d messages", len(p.sent))
		}
		if !r.resume() || r.resume() || r.outage().Out {
			t.Error("the switch cannot be taken back once")
		}
		r.want(late, sms.Out)
		next := r.code()
		r.drain()
		r.want(next, sms.Accepted)
	})
}

func TestOTP07_EveryProviderFailingIsAnOutage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &named{name: "first"}, &named{name: "second"}
		first.errs, second.errs = repeated(sms.NotTaken(errors.New("no line"))), repeated(errors.New("silence"))
		r := newRig(t, d, first)
		r.routes(0, first, second)
		id := r.queued(sms.Outgoing{To: phone, Text: text, Purpose: "otp"})
		for range 2 {
			r.drain()
			r.clk.Advance(11 * time.Second)
		}
		if r.outage().Out {
			t.Error("an outage after two failures")
		}
		r.want(id, sms.Queued)
		for range 3 {
			r.code()
			r.drain()
			r.clk.Advance(21 * time.Second)
		}
		if o := r.outage(); !o.Out || o.Declared {
			t.Fatalf("%+v", o)
		}
		waiting := r.code()
		r.want(waiting, sms.Out)
		second.errs = nil
		r.drain()
		r.want(waiting, sms.Accepted)
		if r.outage().Out {
			t.Error("an outage while one provider works")
		}
	})
}

func TestRES01_QueueIsBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d, &scripted{})
		id := r.code()
		_, err := db.Exec(t.Context(), d, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO sms_message (id, phone, text, purpose, subject, state, reason, attempts, provider, ref, not_after, created_at, updated_at)
			SELECT id || CAST(i AS TEXT), phone, text, purpose, subject, state, reason, attempts, provider, ref, not_after, created_at, updated_at FROM sms_message, n`, sms.MaxQueued-2)
		if err != nil {
			t.Fatal(err)
		}
		r.want(r.code(), sms.Queued)
		full := r.code()
		r.want(full, sms.Out)
		if k := r.row(full); k.Reason != "queue_full" || k.Text != nil {
			t.Errorf("%+v", k)
		}
		r.want(id, sms.Queued)
		r.clk.Advance(3 * time.Minute)
		r.want(r.code(), sms.Queued)
	})
}

func TestDailyLimitStopsTheBill(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &scripted{}
		r := newRig(t, d, p)
		r.routes(3, p)
		r.queued(sms.Outgoing{To: phone, Text: strings.Repeat("đúng ", 16), Purpose: "lock_notice", Unit: "unit-1"})
		r.drain()
		r.code()
		r.drain()
		over := r.code()
		r.drain()
		r.want(over, sms.Out)
		if k := r.row(over); k.Reason != "daily_limit" || len(p.sent) != 2 {
			t.Errorf("%+v, sent %d", k, len(p.sent))
		}
		costs, err := r.sms.Costs(t.Context(), "2026-11-18", "2026-11-18")
		want := []sms.Cost{
			{Provider: "scripted", Purpose: "lock_notice", Unit: "unit-1", Messages: 1, Parts: 2, Price: 600},
			{Provider: "scripted", Purpose: "otp", Messages: 1, Parts: 1, Price: 300},
		}
		if diff := cmp.Diff(want, costs); diff != "" || err != nil {
			t.Error(diff, err)
		}
		// 2:00 UTC is 9:00 in Vietnam: its day ends 15 hours later.
		r.clk.Advance(15*time.Hour - time.Second)
		r.code()
		r.drain()
		if len(p.sent) != 2 {
			t.Error("sent before midnight")
		}
		r.clk.Advance(time.Second)
		r.want(r.code(), sms.Queued)
		r.drain()
		if len(p.sent) != 3 {
			t.Error("not sent on the next day")
		}
		if costs, err := r.sms.Costs(t.Context(), "2026-11-19", "2026-11-30"); err != nil || len(costs) != 1 || costs[0].Parts != 1 {
			t.Errorf("%+v, %v", costs, err)
		}
		r.clk.Advance(sms.KeepCounts + 48*time.Hour)
		if err := r.sms.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if costs, err := r.sms.Costs(t.Context(), "2026-01-01", "2030-01-01"); err != nil || len(costs) != 0 {
			t.Errorf("kept %+v, %v", costs, err)
		}
	})
}

func TestStandingsTellOperatorsWhy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &named{name: "first"}, &named{name: "second"}
		first.errs = []error{sms.NotTaken(errors.New("connection refused for 0900000123"))}
		r := newRig(t, d, first)
		r.routes(0, first, second)
		r.code()
		r.drain()
		got, err := r.sms.Standings(t.Context())
		want := []sms.Standing{{Provider: "first", Failures: 1, Until: r.clk.Now().Add(5 * time.Second), Why: "connection refused for #"}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}
