package smpp_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/jobs"
	"motcua/internal/secretbox"
	"motcua/internal/sms"
	"motcua/internal/sms/smpp"
)

// house is the service over a provider, with its queue.
type house struct {
	*rig
	db      *db.DB
	sms     *sms.Service
	queue   *jobs.Queue
	settled chan string // the ends of messages, as they are observed
}

func newHouse(t *testing.T, d *db.DB, c smpp.Config, further ...sms.Provider) *house {
	t.Helper()
	h := &house{rig: newRig(t, d, c), db: d, settled: make(chan string, 100)}
	log := slog.New(slog.NewJSONHandler(h.log, nil))
	box, err := secretbox.Open(t.Context(), d, secretbox.NewMaster(), h.clk)
	if err != nil {
		t.Fatal(err)
	}
	registry := jobs.NewRegistry()
	if h.queue, err = jobs.New(d, h.clk, registry, log); err != nil {
		t.Fatal(err)
	}
	h.sms = sms.New(d, h.clk, box, h.queue, registry, h.Provider, log)
	routes := []sms.Route{{Provider: h.Provider, Price: 350}}
	for _, p := range further {
		routes = append(routes, sms.Route{Provider: p, Price: 500})
	}
	h.sms.Configure(sms.Settings{Routes: routes})
	h.sms.Observe(func(_, state string) { h.settled <- state })
	h.Report(h.sms)
	return h
}

func (h *house) queued(text string) (id string) {
	h.t.Helper()
	err := h.db.WithTx(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		id, err = h.sms.Queue(ctx, tx, sms.Outgoing{To: phone, Text: text, Purpose: "otp", Unit: "unit-1", NotAfter: h.clk.Now().Add(3 * time.Minute)})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) drain() {
	h.t.Helper()
	if err := h.queue.Drain(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// ends waits for the next end of a message that is observed.
func (h *house) ends(id string, state sms.State) {
	h.t.Helper()
	if got := <-h.settled; got != string(state) {
		h.t.Errorf("observed %q, want %q", got, state)
	}
	if got, err := h.sms.State(h.t.Context(), h.db, id); err != nil || got.State != state {
		h.t.Errorf("state %q, %v; want %q", got.State, err, state)
	}
}

func TestOTP04_AServerOfOthersTakesAndReports(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newStranger(t)
		h := newHouse(t, d, config(s.addr))
		h.bound()
		texts := []string{"481905 la ma OTP [{^}] @", "481905 là mã xác thực", strings.Repeat("Hồ sơ của bạn đã có kết quả. ", 5)}
		for i, text := range texts {
			id := h.queued(text)
			h.drain()
			h.ends(id, sms.Accepted)
			if i == 1 {
				s.tells("m2", "UNDELIV")
				h.ends(id, sms.Failed)
				continue
			}
			if i == 2 {
				s.tells("m3", "DELIVRD")
				s.tells("m5", "DELIVRD")
				s.tells("m4", "DELIVRD")
			} else {
				s.tells("m1", "DELIVRD")
			}
			h.ends(id, sms.Delivered)
		}
		if k := s.kept(); k.Texts["m1"] != texts[0] || k.Texts["m2"] != texts[1] || k.Parts != 5 {
			t.Errorf("came as %+v", k)
		}
		s.say("early")
		costs, err := h.sms.Costs(t.Context(), "2026-11-18", "2026-11-18")
		if err != nil || len(costs) != 1 || costs[0] != (sms.Cost{Provider: "first", Purpose: "otp", Unit: "unit-1", Messages: 3, Parts: 5, Price: 1750, Delivered: 2, Failed: 1}) {
			t.Errorf("%+v, %v", costs, err)
		}
		// A receipt that overtakes its answer.
		early := h.queued("481905")
		h.drain()
		ends := []string{<-h.settled, <-h.settled}
		slices.Sort(ends) // each comes from a goroutine of its own
		if !slices.Equal(ends, []string{"accepted", "delivered"}) {
			t.Errorf("observed %s", ends)
		}
		if got, err := h.sms.State(t.Context(), d, early); err != nil || got.State != sms.Delivered {
			t.Errorf("%+v, %v", got, err)
		}
		for _, secret := range []string{"481905", "900000123", "secret"} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("the log has %s: %s", secret, h.log)
			}
		}
		h.clk.Advance(time.Minute)
		h.tick()
		h.Await(h.t, func(s smpp.Snapshot) bool { return s.Bound && !s.Asked })
		if err := h.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestRES01_HTTPTakesOverFromALineThatIsLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		posts := 0
		web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts++ }))
		t.Cleanup(web.Close)
		gateway, err := sms.NewGateway(sms.GatewayConfig{Name: "second", URL: web.URL, Body: `{"to":{{json .To}},"text":{{json .Text}}}`})
		if err != nil {
			t.Fatal(err)
		}
		c := newCarrier(t)
		h := newHouse(t, d, config(c.addr()), gateway)
		h.bound()
		id := h.queued("a")
		h.drain()
		h.ends(id, sms.Accepted)
		<-c.got

		// The line breaks before the answer: that message goes nowhere else.
		c.behave(func(f frame) { _ = f.conn.Close() })
		open := h.queued("b")
		h.drain()
		h.ends(open, sms.Failed)
		h.clk.Advance(time.Minute)
		h.drain()
		if posts != 0 {
			t.Error("sent twice")
		}
		// The next ones do, while the line is down.
		next := h.queued("c")
		h.drain()
		h.ends(next, sms.Accepted)
		if posts != 1 {
			t.Errorf("%d by HTTP", posts)
		}
		c.behave(nil)
		h.bound()
		back := h.queued("d")
		h.drain()
		h.ends(back, sms.Accepted)
		if posts != 1 {
			t.Error("the first provider is not used again")
		}
	})
}
