package smpp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp/pdu"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/sms"
)

const (
	// tickEvery is how often Start looks what is due, in real time.
	tickEvery = 100 * time.Millisecond
	// answerTime is how long an answer may take before it counts as lost.
	answerTime = 10 * time.Second
	// admitTime is how long a part may wait for its turn.
	admitTime = 5 * time.Second
	// firstPause and maxPause are between two binds, and how long a carrier
	// that throttles is left alone.
	firstPause, maxPause = time.Second, time.Minute
	maxThrottle          = 10 * time.Second
	// partTries of a part whose sisters are on their way.
	partTries = 4
	// keepTimeout bounds the writing of a receipt.
	keepTimeout = 10 * time.Second
	// unbindTimeout is how long the carrier may take to say good-bye.
	unbindTimeout = 2 * time.Second
	// maxID bounds a carrier's message id, SMPP 3.4 §5.2.23.
	maxID = 64
)

var errStopped = errors.New("stopped")

// Receipts is who wants to know what the line tells; sms.Service does.
type Receipts interface {
	Receive(ctx context.Context, r sms.Receipt) error
	Recovered(ctx context.Context, provider string) error
}

// Parts are what a Provider is made of.
type Parts struct {
	DB    *db.DB
	Clock clock.Clock
	Log   *slog.Logger
}

// Provider is the sms.Provider of one carrier. It is safe for concurrent use.
type Provider struct {
	c        Config
	clk      clock.Clock
	receipts Receipts
	log      *slog.Logger
	seat     *seat

	ticking sync.Mutex // one Tick at a time

	mu       sync.Mutex
	line     *line // nil: not bound
	pending  bool  // nothing is known yet, or a first bind is under way
	others   bool  // another process is bound
	failures int   // binds in a row
	next     time.Time
	sent     []time.Time // the last Rate parts
	held     time.Time   // no part goes out before: the carrier throttles
	slow     time.Duration
	changed  chan struct{}
	parked   int // parts that wait for the next change
	looking  int // parts that a change has woken and that have not looked yet
	stopped  bool

	stop chan struct{}
	done chan struct{}
}

// New checks the description whole. The line is bound by Start or Tick.
func New(c Config, parts Parts) (*Provider, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return &Provider{c: c, clk: parts.Clock, log: parts.Log, pending: true,
		seat:    &seat{db: parts.DB, clk: parts.Clock, provider: c.Name, binds: c.Binds, holder: db.NewID()},
		changed: make(chan struct{}), stop: make(chan struct{}), done: make(chan struct{})}, nil
}

// Report sets who is told of receipts. Call it before Start.
func (p *Provider) Report(to Receipts) { p.receipts = to }

// Name implements sms.Provider.
func (p *Provider) Name() string { return p.c.Name }

// Unrepeatable implements sms.Unrepeatable: SMPP knows no id of ours.
func (*Provider) Unrepeatable() {}

// Reports implements sms.Reporter.
func (*Provider) Reports() {}

// Seat implements sms.Seated.
func (p *Provider) Seat() (here, wait bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.line != nil, p.others || p.pending
}

// Send implements sms.Provider. A long text goes out part by part; when some
// parts are on their way and another is not, the message counts as on its way.
func (p *Provider) Send(ctx context.Context, m sms.Message) (string, error) {
	if db.InTx(ctx) {
		return "", db.ErrInTx
	}
	parts, err := p.c.messages(m, p.clk.Now())
	if err != nil {
		return "", sms.Permanent(err)
	}
	refs := make([]string, 0, len(parts))
	for i, part := range parts {
		ref, err := p.submit(ctx, part)
		for try := 1; i > 0 && try < partTries && sms.SurelyNotTaken(err) && !sms.IsPermanent(err) && ctx.Err() == nil; try++ {
			ref, err = p.submit(ctx, part)
		}
		if err != nil && i > 0 {
			// Without the mark: the parts before it are taken.
			return "", fmt.Errorf("part %d of %d: %s", i+1, len(parts), err.Error())
		}
		if err != nil {
			return "", err
		}
		refs = append(refs, ref)
	}
	return strings.Join(refs, " "), nil
}

// submit sends one part and waits for its answer.
func (p *Provider) submit(ctx context.Context, part *pdu.SubmitSM) (string, error) {
	l, seq, r, err := p.admit(ctx)
	if err != nil {
		return "", err
	}
	part.SetSequenceNumber(seq)
	if n, err := l.write(part); err != nil {
		// After a part of it the rest may have gone out as well, unseen.
		if n == 0 {
			err = sms.NotTaken(err)
		}
		l.close(err)
		return "", err
	}
	select {
	case a := <-r.answer:
		if a.err != nil {
			return "", a.err
		}
		p.note(throttled(a.status))
		if err := judge(a.status); err != nil {
			return "", err
		}
		return p.c.answerRef(cleanID(a.id)), nil
	case <-ctx.Done():
		return "", errNoAnswer
	}
}

// cleanID keeps an id from being taken for several.
func cleanID(id string) string {
	id = strings.Join(strings.Fields(id), "_")
	return id[:min(len(id), maxID)]
}

// admit waits until the window and the throughput leave room for a part, and
// takes it.
func (p *Provider) admit(ctx context.Context) (*line, int32, *request, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := p.clk.Now().Add(admitTime)
	for {
		now := p.clk.Now()
		if p.line == nil {
			return nil, 0, nil, sms.NotTaken(errNoLine)
		}
		if l := p.line; len(l.waiting) < p.c.Window && p.room(now) {
			p.sent = append(p.sent, now)
			l.seq++
			r := &request{sent: now, answer: make(chan answer, 1)}
			l.waiting[l.seq] = r
			return l, l.seq, r, nil
		}
		if !now.Before(last) || ctx.Err() != nil {
			return nil, 0, nil, sms.Busy(errFull)
		}
		p.park(ctx)
	}
}

// park waits for a change. It wants p.mu, and has it again when it returns: a
// part counts as waiting until it has looked.
func (p *Provider) park(ctx context.Context) {
	changed := p.changed
	p.parked++
	p.mu.Unlock()
	select {
	case <-changed:
	case <-ctx.Done():
	}
	p.mu.Lock()
	if changed == p.changed {
		p.parked--
	} else {
		p.looking--
	}
}

// room tells whether fewer than Rate parts went out within the last second.
func (p *Provider) room(now time.Time) bool {
	if now.Before(p.held) {
		return false
	}
	if over := len(p.sent) - p.c.Rate; over > 0 {
		p.sent = append(p.sent[:0], p.sent[over:]...)
	}
	return len(p.sent) < p.c.Rate || !now.Before(p.sent[0].Add(time.Second))
}

// note slows down after a throttling answer, twice as much each time, until
// one is none.
func (p *Provider) note(throttled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !throttled {
		p.slow = 0
		return
	}
	if now := p.clk.Now(); !now.Before(p.held) {
		p.slow = min(max(firstPause, 2*p.slow), maxThrottle)
		p.held = now.Add(p.slow)
	}
}

// wake lets those who wait look again. It wants p.mu.
func (p *Provider) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
	p.looking += p.parked
	p.parked = 0
}

func (p *Provider) heardOf(l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.heard, l.asked = p.clk.Now(), time.Time{}
	p.wake()
}

func (p *Provider) answered(l *line, seq int32, a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := l.waiting[seq]; r != nil {
		delete(l.waiting, seq)
		r.answer <- a
		p.wake()
	}
}

func (p *Provider) keep(r sms.Receipt) error {
	ctx, cancel := context.WithTimeout(context.Background(), keepTimeout)
	defer cancel()
	err := p.receipts.Receive(ctx, r)
	if err != nil {
		p.log.ErrorContext(ctx, "smpp receipt not kept", "provider", p.c.Name, "error", err)
	}
	return err
}
