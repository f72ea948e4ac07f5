package smpp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/sms"
	"motcua/internal/sms/smpp"
)

const phone = "+84900000123"

var start = time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)

// told notes what the line reports.
type told struct {
	mu        sync.Mutex
	fail      error
	receipts  chan sms.Receipt
	recovered int
}

func (n *told) Receive(_ context.Context, r sms.Receipt) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fail != nil {
		return n.fail
	}
	n.receipts <- r
	return nil
}

func (n *told) Recovered(context.Context, string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.recovered++
	return nil
}

type rig struct {
	*smpp.Provider
	t    *testing.T
	clk  *clock.Manual
	told *told
	log  *locked
}

func config(addr string) smpp.Config {
	return smpp.Config{Name: "first", Address: addr, SystemID: "client", Password: "secret", Source: "TINHVIDU", Phone: sms.PhoneCountry,
		Rate: 100, Window: 10, Binds: 1, Enquire: 30 * time.Second, Refs: smpp.RefSame}
}

func newRig(t *testing.T, d *db.DB, c smpp.Config) *rig {
	t.Helper()
	r := &rig{t: t, clk: clock.NewManual(start), told: &told{receipts: make(chan sms.Receipt, 100)}, log: &locked{}}
	var err error
	r.Provider, err = smpp.New(c, smpp.Parts{DB: d, Clock: r.clk, Log: slog.New(slog.NewJSONHandler(r.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r.Report(r.told)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = r.Stop(ctx)
	})
	return r
}

// locked is a log that goroutines write while the test reads it.
type locked struct {
	mu sync.Mutex
	w  bytes.Buffer
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.String()
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (r *rig) tick() { r.Tick(r.t.Context()) }

func (r *rig) bound() {
	r.t.Helper()
	r.tick()
	if here, _ := r.Seat(); !here {
		r.t.Fatalf("not bound: %s", r.log)
	}
}

func (r *rig) send(text string) (string, error) {
	return r.Send(r.t.Context(), sms.Message{ID: "m", To: phone, Text: text, NotAfter: r.clk.Now().Add(3 * time.Minute)})
}

type outcome struct {
	ref string
	err error
}

// sends starts a message and returns where its outcome will come.
func (r *rig) sends(text string) <-chan outcome {
	out := make(chan outcome, 1)
	go func() {
		ref, err := r.send(text)
		out <- outcome{ref, err}
	}()
	return out
}

func TestPartsOnTheWire(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	if ref, err := r.send("481905 la ma OTP {}"); err != nil || ref == "" {
		t.Fatal(ref, err)
	}
	s := (<-c.got).submitted()
	if s.dest != "84900000123" || s.destTON != 1 || s.source != "TINHVIDU" || s.sourceTON != 5 || s.coding != 0 || s.esm != 0 || s.receipt != 1 ||
		s.validity != "000000000300000R" || string(s.text) != "481905 la ma OTP \x1b\x28\x1b\x29" {
		t.Errorf("%+v %q", s, s.text)
	}
	if _, err := r.send("mã"); err != nil {
		t.Fatal(err)
	}
	if s := (<-c.got).submitted(); s.coding != 8 || !bytes.Equal(s.text, []byte{0, 'm', 0, 0xe3}) {
		t.Errorf("%+v %x", s, s.text)
	}
	ref, err := r.send(strings.Repeat("đường ", 24))
	if err != nil || len(strings.Fields(ref)) != 3 {
		t.Fatal(ref, err)
	}
	var whole []byte
	group := byte(0)
	for i := range 3 {
		s := (<-c.got).submitted()
		if s.esm != 0x40 || len(s.text) > 140 || !bytes.Equal(s.text[:3], []byte{5, 0, 3}) || s.text[4] != 3 || s.text[5] != byte(i+1) || i > 0 && s.text[3] != group {
			t.Errorf("part %d: %+v % x", i+1, s, s.text[:6])
		}
		group = s.text[3]
		whole = append(whole, s.text[6:]...)
	}
	if len(whole) != 2*6*24 {
		t.Errorf("%d bytes of text", len(whole))
	}
}

func TestValidityIsWhatIsLeft(t *testing.T) {
	for left, want := range map[time.Duration]string{
		3 * time.Minute: "000000000300000R", 10 * time.Second: "000000000100000R", 26*time.Hour + 61*time.Second: "000001020101000R", 40 * 24 * time.Hour: "",
	} {
		if got := smpp.Validity(start.Add(left), start); got != want {
			t.Errorf("%v: %q, want %q", left, got, want)
		}
	}
	if smpp.Validity(time.Time{}, start) != "" {
		t.Error("a validity without an end")
	}
}

func TestAnswersSayWhatBecameOfTheMessage(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	for status, want := range map[uint32]string{0x58: "busy", 0x14: "busy", 0x45: "busy", 0x08: "not taken", 0x0b: "permanent", 0x401: "permanent"} {
		c.behave(func(f frame) { f.conn.put(response|cmdSubmit, status, f.seq) })
		_, err := r.send("a")
		if err == nil || !sms.SurelyNotTaken(err) || sms.IsPermanent(err) != (want == "permanent") {
			t.Errorf("%#x: %v, want %s", status, err, want)
		}
		r.clk.Advance(time.Minute) // past the pause of a throttle
	}
	c.behave(func(f frame) { f.conn.put(cmdNack, 3, f.seq) })
	if _, err := r.send("a"); !sms.SurelyNotTaken(err) {
		t.Errorf("generic_nack: %v", err)
	}
	c.behave(func(f frame) { f.conn.put(response|cmdSubmit, 0, f.seq, cstring("two words\n")...) })
	if ref, err := r.send("a"); err != nil || ref != "two_words" {
		t.Errorf("%q, %v", ref, err)
	}
	if _, err := r.Send(t.Context(), sms.Message{To: phone, Text: strings.Repeat("a", 153*256)}); !sms.IsPermanent(err) {
		t.Errorf("256 parts: %v", err)
	}
}

func TestRES01_LineLostMidWindowLeavesTheMessagesOpen(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	c.behave(func(frame) {})
	outs := []<-chan outcome{r.sends("a"), r.sends("b"), r.sends("c")}
	for range outs {
		<-c.got
	}
	_ = (<-c.binds).Close()
	for _, out := range outs {
		if o := <-out; o.err == nil || sms.SurelyNotTaken(o.err) {
			t.Errorf("%v: this message may be on its way", o.err)
		}
	}
	r.Await(t, func(s smpp.Snapshot) bool { return !s.Bound })
	if _, err := r.send("d"); !sms.SurelyNotTaken(err) || sms.IsPermanent(err) {
		t.Errorf("without a line: %v", err)
	}
	c.behave(nil)
	r.tick()
	if here, _ := r.Seat(); here {
		t.Error("bound again without a pause")
	}
	r.clk.Advance(time.Second)
	r.bound()
	if _, err := r.send("e"); err != nil {
		t.Error(err)
	}
	if r.told.recovered != 2 {
		t.Errorf("recovered %d times", r.told.recovered)
	}
}

func TestPausesBetweenBindsGrow(t *testing.T) {
	c := newCarrier(t)
	c.behave(func(f frame) { f.conn.put(response|cmdBind, 0x0e, f.seq) })
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	for _, pause := range []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, time.Minute, time.Minute} {
		if pause > 0 {
			r.clk.Advance(pause - time.Millisecond)
			r.tick()
			if len(c.binds) != 0 {
				t.Fatalf("tried %v too early", time.Millisecond)
			}
			r.clk.Advance(time.Millisecond)
		}
		r.tick()
		<-c.binds
	}
	if !strings.Contains(r.log.String(), "0x0000000E") || strings.Contains(r.log.String(), "secret") {
		t.Errorf("log: %s", r.log)
	}
	c.behave(nil)
	r.clk.Advance(time.Minute)
	r.bound()
}

func TestBindThatIsNotAnsweredEnds(t *testing.T) {
	c := newCarrier(t)
	c.behave(func(f frame) { f.conn.raw([]byte{0, 0, 0, 1}); _ = f.conn.Close() })
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.tick()
	if here, wait := r.Seat(); here || wait {
		t.Error("a line with whoever talks nonsense, or messages wait for it")
	}
}

func TestCarrierThatNeverAnswers(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	c.behave(func(frame) {})
	out := r.sends("a")
	<-c.got
	r.clk.Advance(10*time.Second - time.Millisecond)
	r.tick()
	r.Await(t, func(s smpp.Snapshot) bool { return s.Waiting == 1 })
	r.clk.Advance(time.Millisecond)
	r.tick()
	if o := <-out; o.err == nil || sms.SurelyNotTaken(o.err) {
		t.Errorf("%v: this message may be on its way", o.err)
	}
	r.clk.Advance(20 * time.Second)
	r.tick()
	if f := <-c.got; f.cmd != cmdEnquire {
		t.Fatalf("command %#x", f.cmd)
	}
	r.clk.Advance(10*time.Second - time.Millisecond)
	r.tick()
	if here, _ := r.Seat(); !here {
		t.Fatal("given up too early")
	}
	r.clk.Advance(time.Millisecond)
	r.tick()
	if here, _ := r.Seat(); here {
		t.Fatal("a dead line is kept")
	}
	c.behave(nil)
	r.clk.Advance(time.Second)
	r.bound()
}

func TestSilentLineIsAskedAndKept(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	for range 3 {
		r.clk.Advance(30*time.Second - time.Millisecond)
		r.tick()
		if len(c.got) != 0 {
			t.Fatal("asked too early")
		}
		r.clk.Advance(time.Millisecond)
		r.tick()
		<-c.got
		r.Await(t, func(s smpp.Snapshot) bool { return s.Bound && !s.Asked })
	}
	// The carrier asks as well.
	w := <-c.binds
	w.put(cmdEnquire, 0, 77)
	if f := <-c.got; f.cmd != response|cmdEnquire || f.seq != 77 {
		t.Errorf("%#x, %d", f.cmd, f.seq)
	}
}

func TestWindowIsKept(t *testing.T) {
	c := newCarrier(t)
	cfg := config(c.addr())
	cfg.Window = 3
	r := newRig(t, dbtest.New(t, db.SQLite), cfg)
	r.bound()
	c.behave(func(frame) {})
	var outs []<-chan outcome
	for range 5 {
		outs = append(outs, r.sends("a"))
	}
	r.Await(t, func(s smpp.Snapshot) bool { return s.Waiting == 3 && s.Parked == 2 })
	first := <-c.got
	good(first)
	r.Await(t, func(s smpp.Snapshot) bool { return s.Waiting == 3 && s.Parked == 1 })
	for range 3 {
		good(<-c.got)
	}
	good(<-c.got)
	for _, out := range outs {
		if o := <-out; o.err != nil {
			t.Error(o.err)
		}
	}
}

func TestWaitingForATurnEnds(t *testing.T) {
	c := newCarrier(t)
	cfg := config(c.addr())
	cfg.Window = 1
	r := newRig(t, dbtest.New(t, db.SQLite), cfg)
	r.bound()
	c.behave(func(frame) {})
	first := r.sends("a")
	<-c.got
	second := r.sends("b")
	r.Await(t, func(s smpp.Snapshot) bool { return s.Parked == 1 })
	r.clk.Advance(5 * time.Second)
	r.tick()
	if o := <-second; !sms.SurelyNotTaken(o.err) || sms.IsPermanent(o.err) {
		t.Errorf("%v", o.err)
	}
	r.clk.Advance(5 * time.Second)
	r.tick()
	if o := <-first; o.err == nil || sms.SurelyNotTaken(o.err) {
		t.Errorf("%v", o.err)
	}
}

func TestMessagesPerSecond(t *testing.T) {
	c := newCarrier(t)
	cfg := config(c.addr())
	cfg.Rate = 5
	r := newRig(t, dbtest.New(t, db.SQLite), cfg)
	r.bound()
	var outs []<-chan outcome
	for range 12 {
		outs = append(outs, r.sends("a"))
	}
	for _, parked := range []int{7, 2, 0} {
		r.Await(t, func(s smpp.Snapshot) bool { return s.Parked == parked && s.Waiting == 0 })
		r.clk.Advance(time.Second - time.Millisecond)
		r.tick()
		r.Await(t, func(s smpp.Snapshot) bool { return s.Parked == parked })
		r.clk.Advance(time.Millisecond)
		r.tick()
	}
	for _, out := range outs {
		if o := <-out; o.err != nil {
			t.Error(o.err)
		}
	}
}

func TestThrottlingCarrierIsLeftAloneForAWhile(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	c.behave(func(f frame) { f.conn.put(response|cmdSubmit, 0x58, f.seq) })
	for _, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		if _, err := r.send("a"); !sms.SurelyNotTaken(err) || sms.IsPermanent(err) {
			t.Fatal(err)
		}
		<-c.got
		out := r.sends("b")
		r.Await(t, func(s smpp.Snapshot) bool { return s.Parked == 1 })
		r.clk.Advance(pause - time.Millisecond)
		r.tick()
		r.Await(t, func(s smpp.Snapshot) bool { return s.Parked == 1 })
		if len(c.got) != 0 {
			t.Fatalf("sent within the pause of %v", pause)
		}
		c.behave(nil)
		r.clk.Advance(time.Millisecond)
		r.tick()
		if o := <-out; o.err != nil {
			t.Fatal(o.err)
		}
		<-c.got
		// The next rounds begin within a row of throttling answers again.
		c.behave(func(f frame) { f.conn.put(response|cmdSubmit, 0x58, f.seq) })
		for p := time.Second; p <= pause; p *= 2 {
			if _, err := r.send("a"); !sms.SurelyNotTaken(err) {
				t.Fatal(err)
			}
			<-c.got
			r.clk.Advance(p)
		}
	}
}

func TestPartAfterATakenOneIsTriedAgain(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	n := 0
	c.behave(func(f frame) {
		if n++; n == 2 {
			f.conn.put(response|cmdSubmit, 0x58, f.seq)
			return
		}
		good(f)
	})
	out := r.sends(strings.Repeat("a", 200))
	r.Await(t, func(s smpp.Snapshot) bool { return s.Parked == 1 })
	r.clk.Advance(time.Second)
	r.tick()
	if o := <-out; o.err != nil || len(strings.Fields(o.ref)) != 2 {
		t.Errorf("%+v", o)
	}
	c.behave(func(f frame) {
		if f.submitted().text[5] == 2 {
			f.conn.put(response|cmdSubmit, 0x0b, f.seq)
			return
		}
		good(f)
	})
	if _, err := r.send(strings.Repeat("a", 200)); err == nil || sms.SurelyNotTaken(err) {
		t.Errorf("%v: one part is on its way", err)
	}
}

func TestReceiptsAreKeptBeforeTheyAreAnswered(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	w := <-c.binds
	w.put(cmdDeliver, 0, 5, receipt("id:77 sub:001 dlvrd:001 submit date:2611180900 done date:2611180901 stat:DELIVRD err:000 text:")...)
	if got := <-r.told.receipts; got != (sms.Receipt{Provider: "first", Ref: "77", State: sms.Delivered, Code: "DELIVRD 000"}) {
		t.Errorf("%+v", got)
	}
	if f := <-c.got; f.cmd != response|cmdDeliver || f.seq != 5 || f.status != 0 {
		t.Errorf("%+v", f)
	}
	r.told.mu.Lock()
	r.told.fail = errors.New("database is away")
	r.told.mu.Unlock()
	w.put(cmdDeliver, 0, 6, receipt("id:78 stat:UNDELIV err:1")...)
	if f := <-c.got; f.cmd != response|cmdDeliver || f.seq != 6 || f.status != 0x64 {
		t.Errorf("%+v: it has to come again", f)
	}
	// Not a receipt: answered, and nobody is told.
	w.put(cmdDeliver, 0, 7, append([]byte{0, 1, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, "spam"...)...)
	if f := <-c.got; f.seq != 7 || f.status != 0 {
		t.Errorf("%+v", f)
	}
}

func TestNonsenseIsNackedAndEndsTheLineAtLast(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	w := <-c.binds
	w.put(0x7777, 0, 9, 1, 2, 3)
	if f := <-c.got; f.cmd != cmdNack || f.seq != 9 {
		t.Errorf("%+v", f)
	}
	if _, err := r.send("a"); err != nil {
		t.Errorf("after one: %v", err)
	}
	<-c.got
	for range 30 {
		w.put(cmdDeliver, 0, 1, 0xff)
	}
	r.Await(t, func(s smpp.Snapshot) bool { return !s.Bound })

	r.clk.Advance(time.Second)
	r.bound()
	(<-c.binds).raw([]byte{0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1})
	r.Await(t, func(s smpp.Snapshot) bool { return !s.Bound })
}

func TestCarrierMayUnbind(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	r.bound()
	(<-c.binds).put(cmdUnbind, 0, 3)
	if f := <-c.got; f.cmd != response|cmdUnbind {
		t.Errorf("%+v", f)
	}
	r.Await(t, func(s smpp.Snapshot) bool { return !s.Bound })
	r.clk.Advance(time.Second)
	r.bound()
}

func TestStopUnbindsAndLeavesThePlace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCarrier(t)
		one, two := newRig(t, d, config(c.addr())), newRig(t, d, config(c.addr()))
		one.bound()
		two.tick()
		if here, wait := two.Seat(); here || !wait {
			t.Fatal("two lines where the carrier allows one")
		}
		if err := one.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f := <-c.got; f.cmd != cmdUnbind {
			t.Errorf("%+v", f)
		}
		one.tick()
		if here, _ := one.Seat(); here {
			t.Error("bound after it was stopped")
		}
		two.clk.Advance(2 * time.Second)
		two.bound()
	})
}

func TestPlaceOfAProcessThatEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCarrier(t)
		one, two := newRig(t, d, config(c.addr())), newRig(t, d, config(c.addr()))
		one.bound()
		// It keeps its place as long as it is heard of …
		for range 10 {
			one.clk.Advance(5 * time.Second)
			two.clk.Advance(5 * time.Second)
			one.tick()
			two.tick()
			one.Await(t, func(s smpp.Snapshot) bool { return s.Bound && !s.Asked })
		}
		if here, wait := two.Seat(); here || !wait {
			t.Fatal("the place was taken from a living process")
		}
		// … tells when its line is gone, so that messages take another way …
		c.behave(func(f frame) { f.conn.put(response|cmdBind, 0x0d, f.seq) })
		for w := range c.binds {
			_ = w.Close()
			break
		}
		one.Await(t, func(s smpp.Snapshot) bool { return !s.Bound })
		one.tick()
		two.clk.Advance(2 * time.Second)
		two.tick()
		if here, wait := two.Seat(); here || wait {
			t.Error("messages wait for a line that is lost")
		}
		// … and loses it 20 s after it was heard of last.
		c.behave(nil)
		two.clk.Advance(15 * time.Second)
		two.tick()
		if here, _ := two.Seat(); here {
			t.Error("the place was taken early")
		}
		two.clk.Advance(5 * time.Second)
		two.bound()
		// The first comes back: its place is gone, so is its line.
		one.clk.Set(two.clk.Now())
		one.tick()
		if here, _ := one.Seat(); here {
			t.Error("two lines where the carrier allows one")
		}
	})
}

func TestOneOfManyProcessesBinds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCarrier(t)
		cfg := config(c.addr())
		cfg.Binds = 2
		var rigs []*rig
		for range 6 {
			rigs = append(rigs, newRig(t, d, cfg))
		}
		var wg sync.WaitGroup
		for _, r := range rigs {
			wg.Go(r.tick)
		}
		wg.Wait()
		n := 0
		for _, r := range rigs {
			if here, _ := r.Seat(); here {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d lines where the carrier allows two", n)
		}
	})
}

func TestLineOverTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	c := newCarrierOn(t, func(l net.Listener) net.Listener { return tls.NewListener(l, web.TLS) })
	cfg := config(c.addr())
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	cfg.TLS = &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
	r := newRig(t, dbtest.New(t, db.SQLite), cfg)
	r.bound()
	if _, err := r.send("a"); err != nil {
		t.Error(err)
	}
	cfg.TLS.ServerName = "another.example"
	other := newRig(t, dbtest.New(t, db.SQLite), cfg)
	other.tick()
	if here, _ := other.Seat(); here {
		t.Error("bound to a server of another name")
	}
}

func TestSeatBeforeAnythingIsKnown(t *testing.T) {
	c := newCarrier(t)
	r := newRig(t, dbtest.New(t, db.SQLite), config(c.addr()))
	if here, wait := r.Seat(); here || !wait {
		t.Error("messages must wait for the first look")
	}
}

func TestConfigIsCheckedWhole(t *testing.T) {
	_, err := smpp.New(smpp.Config{Name: "B@D", Address: "nowhere", Password: strings.Repeat("x", 40), Source: "Bộ"}, smpp.Parts{})
	for _, want := range []string{"name", "address", "system id", "password", "source", "phone format", "rate", "window", "binds", "enquire", "receipt ids"} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("nothing about %s in %v", want, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), "xxx") {
		t.Error("the password is in the error")
	}
}
