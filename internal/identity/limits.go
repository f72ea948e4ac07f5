package identity

import (
	"net/netip"
	"time"

	"motcua/internal/ratelimit"
)

// Lives and counts that the decided points fix; not settings.
const (
	// CodeLife is how long an OTP is valid (user guide of 2023, Cách 1).
	CodeLife = 180 * time.Second
	// ResendAfter is the pause before another code may be asked for.
	ResendAfter = 30 * time.Second
	// MaxTries wrong codes cancel the attempt (OTP-02).
	MaxTries = 5
	// MaxResends in one sign-in; the first code is not counted (OTP-03).
	MaxResends = 3
	// liveCodes is how many codes of an attempt may be valid at once.
	liveCodes = 2
	// AttemptLife ends an attempt that nobody finishes.
	AttemptLife = 15 * time.Minute
	// ActivationLife is how long an activation code can be used.
	ActivationLife = 72 * time.Hour
	// hardFailures consecutive failures close an account until an
	// administrator opens it (63B-4 §3.2.2: at most 100).
	hardFailures = 100
	// softFailures is the failure from which an account is blocked for a time.
	softFailures = 5
	// deviceLife is how long a browser counts as known after its last use.
	deviceLife = 180 * 24 * time.Hour
)

// Limits are the counts that an operator may set. Zero values mean the
// defaults. They count failures and sends not followed by a confirmed code,
// so that people behind one address do not shut each other out by signing in.
type Limits struct {
	// SendsPerDay of codes not followed by a confirmed one, per phone and per
	// account; default 10.
	SendsPerDay int
	// SendsHardCap of codes a day whatever follows; default 40.
	SendsHardCap int
	// SendsPerSource of codes not confirmed within 5 minutes from one
	// address; default 25.
	SendsPerSource int
	// FailuresPerSource and FailuresPerNetwork of passwords within 15 minutes
	// from one address, and from its /24 or /48; defaults 30 and 150.
	FailuresPerSource, FailuresPerNetwork int
	// Factor multiplies all of them; 1 by default, 100 in the demo.
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

const (
	sourceWindow  = 5 * time.Minute
	failureWindow = 15 * time.Minute
	day           = 24 * time.Hour
)

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.SendsPerDay, 10)
	set(&l.SendsHardCap, 40)
	set(&l.SendsPerSource, 25)
	set(&l.FailuresPerSource, 30)
	set(&l.FailuresPerNetwork, 150)
	set(&l.Factor, 1)
	return l
}

func (l Limits) factor(source netip.Addr) int {
	for _, n := range l.Networks {
		if n.Prefix.Contains(source) && n.Factor > 0 {
			return l.Factor * n.Factor
		}
	}
	return l.Factor
}

func (l Limits) perSource(source netip.Addr) ratelimit.Limit {
	return ratelimit.Limit{Name: "password.source", Burst: l.FailuresPerSource * l.factor(source), Per: failureWindow}
}

func (l Limits) perNetwork(source netip.Addr) ratelimit.Limit {
	return ratelimit.Limit{Name: "password.network", Burst: l.FailuresPerNetwork * l.factor(source), Per: failureWindow}
}

// network returns the range that one subscriber line or office usually has.
func network(source netip.Addr) string {
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

// blockFor returns how long an account stays blocked after its n-th
// consecutive failure: nothing before the fifth, then 30 s, doubled each time
// up to an hour (PW-06).
func blockFor(n int) time.Duration {
	if n < softFailures {
		return 0
	}
	d := 30 * time.Second
	for range n - softFailures {
		if d *= 2; d >= time.Hour {
			return time.Hour
		}
	}
	return d
}
