package sms_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/secretbox"
	"motcua/internal/sms"
)

// named is a scripted provider among several.
type named struct {
	scripted
	name string
}

func (n *named) Name() string { return n.name }

// line is a named provider as SMPP is one: unrepeatable, with receipts, and
// not at hand everywhere.
type line struct {
	named
	refs            string
	here, elsewhere bool
}

func (*line) Unrepeatable()              {}
func (*line) Reports()                   {}
func (l *line) Seat() (here, there bool) { return l.here, l.elsewhere }

func (l *line) Send(ctx context.Context, m sms.Message) (string, error) {
	if !l.here {
		return "", sms.NotTaken(errors.New("no line"))
	}
	ref, err := l.named.Send(ctx, m)
	if err == nil && l.refs != "" {
		ref = l.refs
	}
	return ref, err
}

func (r *rig) routes(limit int, providers ...sms.Provider) {
	var routes []sms.Route
	for _, p := range providers {
		routes = append(routes, sms.Route{Provider: p, Price: 300})
	}
	r.sms.Configure(sms.Settings{Routes: routes, DailyLimit: limit})
}

func (r *rig) handing(id string) string {
	r.t.Helper()
	v, err := db.Get[string](r.t.Context(), r.db, `SELECT handing FROM sms_message WHERE id = $1`, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func TestRES01_WhileOneMessageTriesOthersPassBy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &named{name: "first"}, &named{name: "second"}
		first.errs = []error{sms.NotTaken(errors.New("no line"))}
		master := secretbox.NewMaster()
		r, other := newRigWith(t, d, first, master), newRigWith(t, d, first, master)
		r.routes(0, first, second)
		other.routes(0, first, second)
		r.code()
		r.drain()
		r.clk.Advance(5 * time.Second)
		other.clk.Advance(5 * time.Second)
		between := ""
		first.during = func(context.Context) {
			first.during = nil
			between = other.code()
			other.drain()
		}
		trying := r.code()
		r.drain()
		r.want(trying, sms.Accepted)
		r.want(between, sms.Accepted)
		if len(first.sent) != 2 || len(second.sent) != 2 {
			t.Errorf("first %d, second %d", len(first.sent), len(second.sent))
		}
	})
}

func repeated(err error) []error { return slices.Repeat([]error{err}, 40) }

func TestRES01_SecondProviderTakesWhatTheFirstSurelyHasNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &named{name: "first"}, &named{name: "second"}
		r := newRig(t, d, first)
		r.routes(0, first, second)
		first.errs = []error{sms.NotTaken(errors.New("no line"))}
		id := r.code()
		r.drain()
		r.want(id, sms.Accepted)
		if len(first.sent) != 1 || len(second.sent) != 1 || r.handing(id) != "" {
			t.Fatalf("first %d, second %d, mark %q", len(first.sent), len(second.sent), r.handing(id))
		}
		r.code()
		r.drain()
		if len(first.sent) != 1 || len(second.sent) != 2 {
			t.Errorf("the first is not rested: first %d, second %d", len(first.sent), len(second.sent))
		}
		r.clk.Advance(5 * time.Second)
		r.code()
		r.drain()
		r.code()
		r.drain()
		if len(first.sent) != 3 || len(second.sent) != 2 {
			t.Errorf("the first is well again: first %d, second %d", len(first.sent), len(second.sent))
		}
	})
}

func TestRES01_RestsGrowAndOneMessageAtATimeTries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &named{name: "first"}, &named{name: "second"}
		first.errs = repeated(sms.NotTaken(errors.New("no line")))
		r := newRig(t, d, first)
		r.routes(0, first, second)
		for i, pause := range []time.Duration{0, 5 * time.Second, 10 * time.Second, 20 * time.Second} {
			r.clk.Advance(pause)
			for range 3 {
				r.code()
			}
			r.drain()
			if len(first.sent) != i+1 || len(second.sent) != 3*(i+1) {
				t.Fatalf("after %d rests: first %d, second %d", i, len(first.sent), len(second.sent))
			}
		}
		r.clk.Advance(39 * time.Second)
		r.code()
		r.drain()
		if len(first.sent) != 4 {
			t.Error("tried before its rest was over")
		}
	})
}

// What the first provider may have taken goes nowhere else, also when the
// process ended midway.
func TestRES01_NeverTwiceByFailover(t *testing.T) {
	unsure := errors.New("the line broke before the answer")
	t.Run("unrepeatable", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			first, second := &line{named: named{name: "first"}, here: true}, &named{name: "second"}
			first.errs = []error{unsure}
			r := newRig(t, d, first)
			r.routes(0, first, second)
			id := r.code()
			r.drain()
			r.want(id, sms.Failed)
			r.clk.Advance(time.Minute)
			r.drain()
			if k := r.row(id); k.Reason != "unsure" || len(first.sent) != 1 || len(second.sent) != 0 {
				t.Errorf("%+v: first %d, second %d", k, len(first.sent), len(second.sent))
			}
		})
	})
	t.Run("repeatable", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			first, second := &named{name: "first"}, &named{name: "second"}
			// Later it surely does not take it; but the first time counts.
			first.errs = []error{unsure, sms.NotTaken(errors.New("no line"))}
			r := newRig(t, d, first)
			r.routes(0, first, second)
			id := r.code()
			// Sooner than its rest is over, so that the second would be next.
			for range 3 {
				r.drain()
				r.clk.Advance(3 * time.Second)
			}
			r.want(id, sms.Accepted)
			if len(first.sent) != 3 || len(second.sent) != 0 {
				t.Errorf("first %d, second %d", len(first.sent), len(second.sent))
			}
		})
	})
	t.Run("process ended", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			master := secretbox.NewMaster()
			for _, first := range []sms.Provider{&line{named: named{name: "first"}, here: true}, &named{name: "first"}} {
				second := &named{name: "second"}
				r := newRigWith(t, d, first, master)
				r.routes(0, first, second)
				id := r.code()
				if _, err := db.Exec(t.Context(), d, `UPDATE sms_message SET handing = 'first' WHERE id = $1`, id); err != nil {
					t.Fatal(err)
				}
				r.drain()
				want := sms.Accepted
				if _, ok := first.(sms.Unrepeatable); ok {
					want = sms.Failed
				}
				r.want(id, want)
				if len(second.sent) != 0 {
					t.Error("the second got it as well")
				}
			}
		})
	})
}

// The mark stands before the provider sees the message: afterwards would be
// too late for a process that ends.
func TestRES01_MarkStandsWhileHandedOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first := &line{named: named{name: "first"}, here: true}
		r := newRig(t, d, first)
		r.routes(0, first)
		id := r.code()
		marked := ""
		first.during = func(context.Context) { marked = r.handing(id) }
		r.drain()
		r.want(id, sms.Accepted)
		if marked != "first" || r.handing(id) != "" {
			t.Errorf("mark %q, afterwards %q", marked, r.handing(id))
		}
	})
}

func TestRefusalOfOneIsAnsweredByTheOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &named{name: "first"}, &named{name: "second"}
		first.errs = repeated(sms.Permanent(errors.New("no credit")))
		r := newRig(t, d, first)
		r.routes(0, first, second)
		id := r.code()
		r.drain()
		r.want(id, sms.Accepted)
		second.errs = []error{sms.Permanent(errors.New("no such number"))}
		id = r.code()
		r.drain()
		r.want(id, sms.Failed)
		if k := r.row(id); k.Reason != "refused" || len(first.sent) != 2 {
			t.Errorf("%+v: a refusal is about the message and rests nobody; first %d", k, len(first.sent))
		}
	})
}

func TestBusyProviderIsNotRested(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &named{name: "first"}, &named{name: "second"}
		first.errs = []error{sms.Busy(errors.New("throttled"))}
		r := newRig(t, d, first)
		r.routes(0, first, second)
		r.code()
		r.drain()
		r.code()
		r.drain()
		if len(first.sent) != 2 || len(second.sent) != 1 {
			t.Errorf("first %d, second %d", len(first.sent), len(second.sent))
		}
	})
}

func TestMessageWaitsForTheProcessThatHasTheLine(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, second := &line{named: named{name: "first"}, elsewhere: true}, &named{name: "second"}
		r := newRig(t, d, first)
		r.routes(0, first, second)
		id := r.code()
		r.drain()
		r.want(id, sms.Queued)
		if r.row(id).Attempts != 0 {
			t.Error("this process counted an attempt")
		}
		// The other one lost it: the second provider is at hand here.
		first.elsewhere = false
		r.drain()
		r.want(id, sms.Accepted)
		first.here = true
		if err := r.sms.Recovered(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		r.code()
		r.drain()
		if len(first.sent) != 1 || len(second.sent) != 1 {
			t.Errorf("first %d, second %d", len(first.sent), len(second.sent))
		}
	})
}

func TestNoLineAnywhereIsTriedAgainAndEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only := &line{named: named{name: "first"}}
		r := newRig(t, d, only)
		r.routes(0, only)
		id := r.code()
		r.drain()
		r.want(id, sms.Queued)
		only.here = true
		r.clk.Advance(2 * time.Second)
		r.drain()
		r.want(id, sms.Accepted)
	})
}
