package smpp

import (
	"context"
	"errors"
	"time"

	"github.com/linxGnu/gosmpp/pdu"
)

// Start keeps the line until Stop.
func (p *Provider) Start() {
	go func() {
		defer close(p.done)
		t := time.NewTicker(tickEvery)
		defer t.Stop()
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 2*dialTimeout)
			p.Tick(ctx)
			cancel()
			select {
			case <-p.stop:
				return
			case <-t.C:
			}
		}
	}()
}

// Stop says good-bye to the carrier and leaves the place to another process.
// Messages that wait for an answer should have ended before.
func (p *Provider) Stop(ctx context.Context) error {
	p.mu.Lock()
	started := !p.stopped
	p.stopped = true
	p.mu.Unlock()
	if started {
		close(p.stop)
	}
	p.ticking.Lock()
	defer p.ticking.Unlock()
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	if l != nil {
		wait, cancel := context.WithTimeout(ctx, unbindTimeout)
		defer cancel()
		if _, err := l.write(pdu.NewUnbind()); err == nil {
			select {
			case <-l.unbound:
			case <-wait.Done():
			}
		}
		l.close(errStopped)
		over := make(chan struct{})
		go func() { defer close(over); l.over.Wait() }()
		select {
		case <-over:
		case <-ctx.Done():
		}
	}
	return p.seat.leave(ctx)
}

// Tick does what is due now: takes or keeps a place, binds, asks whether the
// other end is alive, gives up on answers, and lets parts that wait look again.
func (p *Provider) Tick(ctx context.Context) {
	p.ticking.Lock()
	defer p.ticking.Unlock()
	p.mu.Lock()
	l, stopped := p.line, p.stopped
	p.mu.Unlock()
	if stopped {
		return
	}
	mine, others, err := p.seat.look(ctx, l != nil)
	if err != nil {
		p.log.WarnContext(ctx, "smpp: places cannot be read", "provider", p.c.Name, "error", err)
	}
	p.mu.Lock()
	p.others = others
	p.wake()
	p.mu.Unlock()
	switch {
	case !mine && l != nil:
		l.close(errors.New("another process has the place"))
	case !mine:
		p.settle()
	case l == nil:
		p.dial(ctx)
	default:
		p.attend(l)
	}
}

// settle ends the time in which messages wait for what is to come.
func (p *Provider) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = false
}

func (p *Provider) dial(ctx context.Context) {
	p.mu.Lock()
	early := p.clk.Now().Before(p.next)
	p.mu.Unlock()
	if early {
		return
	}
	defer p.settle()
	l, err := p.bind(ctx)
	if err != nil {
		p.mu.Lock()
		pause := min(firstPause<<min(p.failures, 10), maxPause)
		p.failures++
		p.next = p.clk.Now().Add(pause)
		p.mu.Unlock()
		p.log.WarnContext(ctx, "smpp not bound", "provider", p.c.Name, "next", pause.String(), "error", err)
		return
	}
	p.mu.Lock()
	l.heard = p.clk.Now()
	p.failures, p.next = 0, p.clk.Now().Add(firstPause)
	p.line = l
	p.wake()
	p.mu.Unlock()
	l.start()
	p.log.InfoContext(ctx, "smpp bound", "provider", p.c.Name)
	if err := p.receipts.Recovered(ctx, p.c.Name); err != nil {
		p.log.WarnContext(ctx, "smpp: recovery not recorded", "provider", p.c.Name, "error", err)
	}
	if _, _, err := p.seat.look(ctx, true); err != nil {
		p.log.WarnContext(ctx, "smpp: places cannot be read", "provider", p.c.Name, "error", err)
	}
}

// attend looks after a line that stands.
func (p *Provider) attend(l *line) {
	now := p.clk.Now()
	p.mu.Lock()
	for seq, r := range l.waiting {
		if now.Sub(r.sent) >= answerTime {
			delete(l.waiting, seq)
			r.answer <- answer{err: errNoAnswer}
		}
	}
	dead := !l.asked.IsZero() && now.Sub(l.asked) >= answerTime
	ask := l.asked.IsZero() && now.Sub(l.heard) >= p.c.Enquire
	var seq int32
	if ask {
		l.asked = now
		l.seq++
		seq = l.seq
	}
	p.mu.Unlock()
	switch {
	case dead:
		l.close(errors.New("the other end does not answer"))
	case ask:
		q := pdu.NewEnquireLink()
		q.SetSequenceNumber(seq)
		if _, err := l.write(q); err != nil {
			l.close(err)
		}
	}
}
