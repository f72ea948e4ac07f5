package smpp

import (
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/pdu"

	"motcua/internal/sms"
)

// awaited bounds Await in real time, so that a state that never comes is told.
const awaited = 30 * time.Second

// Await blocks until cond holds of the provider's state, which goroutines of
// the network change, and all parts that were woken have looked.
func (p *Provider) Await(t *testing.T, cond func(Snapshot) bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	over := time.After(awaited)
	for {
		p.mu.Lock()
		s := Snapshot{Bound: p.line != nil, Parked: p.parked}
		if p.line != nil {
			s.Waiting, s.Asked = len(p.line.waiting), !p.line.asked.IsZero()
		}
		looked := p.looking == 0
		p.mu.Unlock()
		if looked && cond(s) {
			return
		}
		select {
		case <-look.C:
		case <-over:
			t.Fatalf("waited in vain; last seen: %+v", s)
		}
	}
}

// Snapshot is what Await looks at.
type Snapshot struct {
	Bound, Asked    bool
	Parked, Waiting int
}

// ReadReceipt reads a frame as the line does.
func ReadReceipt(c Config, frame []byte) (sms.Receipt, bool) {
	p, err := parse(frame)
	if err != nil {
		return sms.Receipt{}, false
	}
	d, ok := p.(*pdu.DeliverSM)
	if !ok {
		return sms.Receipt{}, false
	}
	return c.readReceipt(d)
}

var Validity = validity
