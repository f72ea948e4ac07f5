package smpp

import (
	"time"

	"github.com/linxGnu/gosmpp/pdu"

	"motcua/internal/sms"
)

// Await blocks until cond holds of the provider's state, which goroutines of
// the network change.
func (p *Provider) Await(cond func(Snapshot) bool) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		p.mu.Lock()
		s := Snapshot{Bound: p.line != nil, Parked: p.parked}
		if p.line != nil {
			s.Waiting, s.Asked = len(p.line.waiting), !p.line.asked.IsZero()
		}
		p.mu.Unlock()
		if cond(s) {
			return
		}
		<-look.C
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
