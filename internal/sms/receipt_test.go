package sms_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/sms"
)

func (r *rig) receipt(ref string, state sms.State) {
	r.t.Helper()
	if err := r.sms.Receive(context.Background(), sms.Receipt{Provider: "first", Ref: ref, State: state, Code: "000"}); err != nil {
		r.t.Error(err)
	}
}

func TestOTP04_ReceiptsTellWhetherAMessageCame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &line{named: named{name: "first"}, here: true, refs: "77"}
		r := newRig(t, d, p)
		r.routes(0, p)
		id := r.code()
		r.drain()
		r.want(id, sms.Accepted)
		r.receipt("78", sms.Delivered)
		r.want(id, sms.Accepted)
		r.clk.Advance(2 * time.Second)
		r.receipt("77", sms.Delivered)
		r.want(id, sms.Delivered)
		if got, err := r.sms.State(t.Context(), d, id); err != nil || !got.At.Equal(r.clk.Now()) {
			t.Errorf("delivered at %v, %v", got.At, err)
		}
		r.receipt("77", sms.Failed)
		r.want(id, sms.Delivered)

		p.refs = "79"
		lost := r.code()
		r.drain()
		r.receipt("79", sms.Failed)
		r.want(lost, sms.Failed)
		if k := r.row(lost); k.Reason != "undelivered" {
			t.Errorf("%+v", k)
		}
	})
}

func TestOTP04_ReceiptMayComeBeforeTheAnswerIsWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &line{named: named{name: "first"}, here: true, refs: "77"}
		r := newRig(t, d, p)
		r.routes(0, p)
		p.during = func(context.Context) { r.receipt("77", sms.Delivered) }
		id := r.code()
		r.drain()
		r.want(id, sms.Delivered)
	})
}

func TestOTP04_LateReceiptOfAPurgedOrUnknownMessage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &line{named: named{name: "first"}, here: true, refs: "77"}
		r := newRig(t, d, p)
		r.routes(0, p)
		old := r.code()
		r.drain()
		r.clk.Advance(3 * 24 * time.Hour)
		r.receipt("77", sms.Delivered)
		r.want(old, sms.Delivered)

		// The carrier uses the id again: yesterday's receipt says nothing of
		// today's message.
		id := r.code()
		r.clk.Advance(2 * time.Minute)
		r.drain()
		if _, err := db.Exec(t.Context(), d, `UPDATE sms_receipt SET received_at = $1`, r.clk.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		r.want(id, sms.Delivered) // within the clocks' difference the first one counts
		r.clk.Advance(time.Hour)
		again := r.code()
		r.drain()
		r.want(again, sms.Accepted)
		r.receipt("77", sms.Failed)
		r.want(again, sms.Failed)

		r.receipt("nobody's", sms.Delivered)
		r.clk.Advance(sms.KeepMessages + time.Hour)
		if err := r.sms.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"sms_message", "sms_part", "sms_receipt"} {
			if n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM `+table); err != nil || n != 0 {
				t.Errorf("%s keeps %d rows, %v", table, n, err)
			}
		}
	})
}

func TestOTP04_LongMessageIsDeliveredWhenAllPartsAre(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &line{named: named{name: "first"}, here: true, refs: "1 2 3"}
		r := newRig(t, d, p)
		r.routes(0, p)
		id := r.code()
		r.drain()
		r.receipt("1", sms.Delivered)
		r.receipt("3", sms.Delivered)
		r.want(id, sms.Accepted)
		r.receipt("2", sms.Delivered)
		r.want(id, sms.Delivered)
		p.refs = "4 5 6"
		id = r.code()
		r.drain()
		r.receipt("5", sms.Failed)
		r.want(id, sms.Failed)
	})
}

// Receipts of all parts at once: whichever is last must see the others.
func TestReceiptsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &line{named: named{name: "first"}, here: true, refs: "1 2 3 4 5 6"}
		r := newRig(t, d, p)
		r.routes(0, p)
		id := r.code()
		r.drain()
		var wg sync.WaitGroup
		for _, ref := range []string{"1", "2", "3", "4", "5", "6", "1", "2"} {
			wg.Go(func() { r.receipt(ref, sms.Delivered) })
		}
		wg.Wait()
		r.want(id, sms.Delivered)
		costs, err := r.sms.Costs(t.Context(), "2026-11-18", "2026-11-18")
		want := []sms.Cost{{Provider: "first", Purpose: "otp", Messages: 1, Parts: 1, Price: 300, Delivered: 1}}
		if diff := cmp.Diff(want, costs); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// As after a process that ended between keeping a receipt and matching it.
func TestPurgeMatchesWhatWasLeft(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &line{named: named{name: "first"}, here: true, refs: "77"}
		r := newRig(t, d, p)
		r.routes(0, p)
		id := r.code()
		r.drain()
		_, err := db.Exec(t.Context(), d, `INSERT INTO sms_receipt (provider, ref, state, code, received_at) VALUES ('first','77','delivered','',$1)`, r.clk.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.sms.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.want(id, sms.Delivered)
	})
}
