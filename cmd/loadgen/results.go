package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// results of one phase.
type results struct {
	what   string // is counted
	mu     sync.Mutex
	start  time.Time
	took   time.Duration
	ok     int
	errors map[string]int
	waits  []time.Duration // of single requests
}

func newResults(what string) *results {
	return &results{what: what, start: time.Now(), errors: map[string]int{}}
}

func (r *results) add(waits []time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = append(r.waits, waits...)
	if err != nil {
		r.errors[err.Error()]++
		return
	}
	r.ok++
}

// reset forgets what came before the moment from which it counts.
func (r *results) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.start, r.ok, r.waits = time.Now(), 0, nil
}

func (r *results) stop()              { r.took = time.Since(r.start) }
func (r *results) done() int          { return r.ok }
func (r *results) perSecond() float64 { return float64(r.ok) / r.took.Seconds() }

func (r *results) quantile(q float64) time.Duration {
	if len(r.waits) == 0 {
		return 0
	}
	return r.waits[min(len(r.waits)-1, int(q*float64(len(r.waits))))]
}

// maxErrorsShown bounds the kinds of errors printed.
const maxErrorsShown = 5

func (r *results) String() string {
	slices.Sort(r.waits)
	failed := 0
	for _, n := range r.errors {
		failed += n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %-16s %6.1f /s, %d in all, %d failed\n", r.what, r.perSecond(), r.ok, failed)
	fmt.Fprintf(&b, "  per request      p50 %.0f ms, p95 %.0f ms, p99 %.0f ms (%d requests)\n",
		ms(r.quantile(.50)), ms(r.quantile(.95)), ms(r.quantile(.99)), len(r.waits))
	kinds := slices.SortedFunc(maps.Keys(r.errors), func(a, b string) int { return cmp.Compare(r.errors[b], r.errors[a]) })
	for _, k := range kinds[:min(len(kinds), maxErrorsShown)] {
		fmt.Fprintf(&b, "    %5d × %s\n", r.errors[k], k)
	}
	return b.String()
}
