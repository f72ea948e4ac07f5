package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func TestLOG01_RecordHoldsTheFieldsOfQCVN12(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		l := New(d, clk, WithProcess("test"))
		ctx := WithRequest(context.Background(), RequestInfo{Site: "id", RequestID: "r1", Source: "192.0.2.7",
			Destination: "id.example", Device: "Mozilla\x00/5.0\xff"})
		err := d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			return l.Append(ctx, tx, Event{Action: "account.lock", Actor: System, Target: Ref{"account", "a1"},
				Outcome: Refused, Reason: "password_failures", Detail: map[string]string{"failures": "5", "b": "x"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Read(ctx, Ref{"officer", "o1"}, Filter{Action: "account.lock"})
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		want := Record{ID: got[0].ID, At: start, Action: "account.lock", ActorKind: "system", TargetKind: "account", TargetID: "a1",
			Outcome: Refused, Reason: "password_failures", Detail: `{"b":"x","failures":"5"}`, Site: "id", RequestID: "r1",
			Source: "192.0.2.7", Destination: "id.example", Device: "Mozilla /5.0�", Process: "test"}
		if got[0] != want {
			t.Errorf("got  %+v\nwant %+v", got[0], want)
		}
	})
}

func TestLOG01_RecordLivesAndDiesWithItsTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := New(d, clock.NewManual(start))
		undo := errors.New("undo")
		err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(l.Append(ctx, tx, signIn("a")), undo)
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		sound(t, l, 0, 0, 0)
	})
}

func TestLOG01_OnlyCodesAndNoSecrets(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	l := New(d, clock.NewManual(start))
	good := signIn("a")
	bad := map[string]func(*Event){
		"no action":        func(e *Event) { e.Action = "" },
		"sentence":         func(e *Event) { e.Action = "Signed in" },
		"reason sentence":  func(e *Event) { e.Reason = "the password was abc" },
		"no outcome":       func(e *Event) { e.Outcome = "" },
		"kind":             func(e *Event) { e.Actor.Kind = "a person" },
		"password":         func(e *Event) { e.Detail = map[string]string{"password": "x"} },
		"otp":              func(e *Event) { e.Detail = map[string]string{"otp": "x"} },
		"key":              func(e *Event) { e.Detail = map[string]string{"Some key": "x"} },
		"too many details": func(e *Event) { e.Detail = manyDetails(maxDetails + 1) },
	}
	for name, change := range bad {
		e := good
		change(&e)
		err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error { return l.Append(ctx, tx, e) })
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	good.Detail = manyDetails(maxDetails)
	appendAll(t, l, good)
}

func manyDetails(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprintf("k%d", i)] = "v"
	}
	return m
}

func TestLOG01_NumbersAreMasked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := New(d, clock.NewManual(start))
		const id = "01930000-1111-7222-8333-444444444444"
		appendAll(t, l, Event{Action: "account.sign_in", Actor: Ref{"number", "099200000017"}, Target: Ref{"account", id}, Outcome: Refused,
			Detail: map[string]string{"phone": "+84900000123", "note": "482913 at 2026-03-02, unit 12052", "long": strings.Repeat("ữ", 300)}})
		got, err := l.Read(context.Background(), System, Filter{Action: "account.sign_in"})
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		var detail map[string]string
		if err := json.Unmarshal([]byte(got[0].Detail), &detail); err != nil {
			t.Fatal(err)
		}
		if got[0].ActorID != "099******017" || got[0].TargetID != id || detail["phone"] != "+849*****123" ||
			detail["note"] != "****** at 2026-03-02, unit 12052" {
			t.Errorf("%+v", got[0])
		}
		appendAll(t, l, Event{Action: "account.lock", Target: Ref{"number", "099200000017"}, Outcome: OK})
		if got, err := l.Read(context.Background(), System, Filter{Action: "account.lock"}); err != nil || len(got) != 1 || got[0].TargetID != "099******017" {
			t.Errorf("a number that is acted upon: %+v %v", got, err)
		}
		if n := len(detail["long"]); n > maxDetailValue || !strings.HasPrefix(strings.Repeat("ữ", 300), detail["long"]) {
			t.Errorf("long value has %d bytes", n)
		}
	})
	for in, want := range map[string]string{
		"099200000017": "099******017", "0900000123": "090****123", "482913": "******", "12345": "*****", "": "",
	} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q", in, got)
		}
	}
	for in, want := range map[string]string{
		"12345": "12345", "123456": "******", "0900-000-123": "090****123", "2026-03-02": "2026-03-02",
		"H31.12.345678": "H31.12.******", "a123456789": "a123456789", "số 099200000017.": "số 099******017.",
	} {
		if got := maskNumbers(in); got != want {
			t.Errorf("maskNumbers(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLOG01_ReadingIsLogged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l := New(d, clock.NewManual(start))
		reader := Ref{"officer", "o1"}
		if _, err := l.Read(ctx, reader, Filter{Actor: Ref{"account", "a1"}, From: start}); err != nil {
			t.Fatal(err)
		}
		if err := l.Export(ctx, reader, Filter{}, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Read(ctx, Ref{}, Filter{}); err == nil {
			t.Error("nobody could read")
		}
		got, err := l.list(ctx, Filter{})
		if err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		if got[0].Action != "audit.export" || got[1].Action != "audit.read" || got[1].ActorID != "o1" ||
			got[1].Detail != `{"actor":"account/a1","from":"2026-03-02T08:00:00Z"}` {
			t.Errorf("%+v", got)
		}
	})
}

func TestLOG01_FiltersAndPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		clk := clock.NewManual(start)
		l := New(d, clk)
		for i := range 30 {
			e := signIn(fmt.Sprintf("a%d", i%3))
			if i%2 == 1 {
				e.Outcome, e.Target = Refused, Ref{"client", "office"}
			}
			appendAll(t, l, e)
			if i%5 == 4 {
				clk.Advance(time.Second)
			}
		}
		count := func(f Filter, want int) {
			t.Helper()
			if got, err := l.list(ctx, f); err != nil || len(got) != want {
				t.Errorf("%+v: %d records, want %d (%v)", f, len(got), want, err)
			}
		}
		count(Filter{}, 30)
		count(Filter{Limit: 7}, 7)
		count(Filter{Actor: Ref{ID: "a1"}}, 10)
		count(Filter{Target: Ref{"client", "office"}, Outcome: Refused}, 15)
		count(Filter{From: start.Add(2 * time.Second), To: start.Add(4 * time.Second)}, 10)
		count(Filter{Action: "account.sign_out"}, 0)
		seen := map[string]bool{}
		f := Filter{Limit: 7}
		for {
			page, err := l.list(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page {
				seen[r.ID] = true
			}
			if len(page) < 7 {
				break
			}
			f.Before = page[6].Cursor()
		}
		if len(seen) != 30 {
			t.Errorf("%d records over the pages, want 30", len(seen))
		}
		var out bytes.Buffer
		if err := l.Export(ctx, System, Filter{Outcome: Refused}, &out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 16 || !strings.Contains(lines[0], `"head":{"batch":0`) {
			t.Errorf("%d lines, first %s", len(lines), lines[0])
		}
	})
}
