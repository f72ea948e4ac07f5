package credential

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"motcua/internal/db"
	"motcua/internal/ratelimit"
)

// failureWindow is the time over which failures from an address count.
const failureWindow = 15 * time.Minute

// SourceLimits bound failures from one address and from its /24 or /48.
type SourceLimits struct {
	// PerSource and PerNetwork failures within 15 minutes; zero means 30 and
	// 150.
	PerSource, PerNetwork int
	// Factor multiplies both; zero means 1.
	Factor int
	// Networks hold a further factor for the counters of a one-stop centre or
	// a company that many people share one address with.
	Networks []NetworkFactor
}

// A NetworkFactor multiplies the limits for sources inside Prefix.
type NetworkFactor struct {
	Prefix netip.Prefix
	Factor int
}

// FactorFor returns factor, multiplied by that of the first network that
// source lies in.
func FactorFor(factor int, networks []NetworkFactor, source netip.Addr) int {
	for _, n := range networks {
		if n.Prefix.Contains(source) && n.Factor > 0 {
			return factor * n.Factor
		}
	}
	return factor
}

// TooMany says that one address or network failed too often. Nothing was
// looked at or counted; the same attempt can be made again after Retry.
type TooMany struct{ Retry time.Duration }

func (e *TooMany) Error() string {
	return fmt.Sprintf("credential: too many attempts, retry in %s", e.Retry)
}

func orDefault(n, d int) int {
	if n <= 0 {
		return d
	}
	return n
}

func (t *Throttle) perSource(source netip.Addr) ratelimit.Limit {
	l := t.Limits
	return ratelimit.Limit{Name: t.Name + ".source", Per: failureWindow,
		Burst: orDefault(l.PerSource, 30) * FactorFor(orDefault(l.Factor, 1), l.Networks, source)}
}

func (t *Throttle) perNetwork(source netip.Addr) ratelimit.Limit {
	l := t.Limits
	return ratelimit.Limit{Name: t.Name + ".network", Per: failureWindow,
		Burst: orDefault(l.PerNetwork, 150) * FactorFor(orDefault(l.Factor, 1), l.Networks, source)}
}

// PeekSource errs with *TooMany when source or its network failed too often.
func (t *Throttle) PeekSource(ctx context.Context, q db.Querier, source netip.Addr) error {
	ok, retry, err := t.Limiter.Peek(ctx, q, t.perSource(source), source.String())
	if err != nil {
		return err
	}
	if ok {
		if ok, retry, err = t.Limiter.Peek(ctx, q, t.perNetwork(source), Network(source)); err != nil {
			return err
		}
	}
	if !ok {
		return &TooMany{Retry: retry}
	}
	return nil
}

// CountSource counts a failure and returns what to tell: refusal, or *TooMany
// when the limit was reached since PeekSource, by guesses that came at once.
func (t *Throttle) CountSource(ctx context.Context, tx *db.Tx, source netip.Addr, refusal error) (answer, err error) {
	ok, retry, err := t.Limiter.Allow(ctx, tx, t.perSource(source), source.String())
	if err != nil {
		return nil, err
	}
	okNetwork, retryNetwork, err := t.Limiter.Allow(ctx, tx, t.perNetwork(source), Network(source))
	if err != nil {
		return nil, err
	}
	if !ok || !okNetwork {
		return &TooMany{Retry: max(retry, retryNetwork)}, nil
	}
	return refusal, nil
}

// Network returns the range that one subscriber line or office usually has.
func Network(source netip.Addr) string {
	bits := 24
	if source.Is6() && !source.Is4In6() {
		bits = 48
	}
	p, err := source.Unmap().Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
