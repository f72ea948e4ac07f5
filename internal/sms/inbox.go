package sms

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"motcua/internal/clock"
)

// Bounds of the sandbox's inbox: a phone keeps its newest messages, and the
// oldest of all make room.
const (
	InboxPerPhone = 50
	InboxTotal    = 20_000
	// InboxListed bounds List without a phone.
	InboxListed = 200
)

// Received is a message in the inbox.
type Received struct {
	To, Text string
	At       time.Time
}

// Inbox is the sandbox's Provider: it keeps messages in memory, for demos and
// tests. It is safe for concurrent use.
type Inbox struct {
	clk clock.Clock

	mu      sync.Mutex
	all     []*received // oldest first; some are dropped already
	live    int
	byPhone map[string][]*received
	refused map[string]bool
}

type received struct {
	Received
	dropped bool
}

// NewInbox returns an empty inbox.
func NewInbox(clk clock.Clock) *Inbox {
	return &Inbox{clk: clk, byPhone: map[string][]*received{}, refused: map[string]bool{}}
}

// Name implements Provider.
func (*Inbox) Name() string { return "sandbox" }

// ErrRefused is the permanent error of a phone under Refuse.
var ErrRefused = errors.New("sms: the sandbox refuses this phone")

// Refuse makes messages to a phone (E.164) fail for good, or stops that.
func (b *Inbox) Refuse(phone string, refuse bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if refuse {
		b.refused[phone] = true
	} else {
		delete(b.refused, phone)
	}
}

// Send implements Provider.
func (b *Inbox) Send(_ context.Context, m Message) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refused[m.To] {
		return "", Permanent(ErrRefused)
	}
	r := &received{Received: Received{To: m.To, Text: m.Text, At: b.clk.Now()}}
	b.all = append(b.all, r)
	b.live++
	b.byPhone[m.To] = append(b.byPhone[m.To], r)
	if len(b.byPhone[m.To]) > InboxPerPhone {
		b.drop(b.byPhone[m.To][0])
	}
	for b.live > InboxTotal {
		b.drop(b.all[0])
		b.all = b.all[1:]
	}
	if len(b.all) > 2*InboxTotal {
		b.all = slices.DeleteFunc(b.all, func(r *received) bool { return r.dropped })
	}
	return m.ID, nil
}

// drop removes a message, which is the oldest of its phone.
func (b *Inbox) drop(r *received) {
	if r.dropped {
		return
	}
	r.dropped = true
	b.live--
	if rest := b.byPhone[r.To][1:]; len(rest) > 0 {
		b.byPhone[r.To] = rest
	} else {
		delete(b.byPhone, r.To)
	}
	r.Text = ""
}

// List returns the messages of a phone (E.164), newest first; without a phone
// the newest InboxListed of all.
func (b *Inbox) List(phone string) []Received {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.all
	if phone != "" {
		from = b.byPhone[phone]
	}
	var out []Received
	for _, r := range slices.Backward(from) {
		if r.dropped {
			continue
		}
		out = append(out, r.Received)
		if phone == "" && len(out) == InboxListed {
			break
		}
	}
	return out
}
