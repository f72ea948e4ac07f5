package clock

import (
	"sync"
	"time"
)

// Precision is the resolution of every time in the program.
const Precision = time.Millisecond

// A Clock tells the time, in UTC and truncated to Precision. Implementations
// are safe for concurrent use.
type Clock interface {
	Now() time.Time
}

// Trim returns t as a Clock would tell it: UTC, truncated to Precision,
// without a monotonic reading.
func Trim(t time.Time) time.Time { return t.UTC().Truncate(Precision) }

// System returns the machine's clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return Trim(time.Now()) }

// Manual is a clock that stands still until it is moved.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that stands at t.
func NewManual(t time.Time) *Manual { return &Manual{now: Trim(t)} }

// Now returns the time the clock was last set to.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock by d, which may be negative.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = Trim(m.now.Add(d))
}

// Set moves the clock to t.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = Trim(t)
}
