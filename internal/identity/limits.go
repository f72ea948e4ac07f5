package identity

import (
	"net/netip"
	"time"

	"motcua/internal/credential"
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
type NetworkFactor = credential.NetworkFactor

const (
	sourceWindow = 5 * time.Minute
	day          = 24 * time.Hour
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
	set(&l.Factor, 1)
	return l
}

func (l Limits) factor(source netip.Addr) int {
	return credential.FactorFor(l.Factor, l.Networks, source)
}

func (l Limits) failures() credential.SourceLimits {
	return credential.SourceLimits{PerSource: l.FailuresPerSource, PerNetwork: l.FailuresPerNetwork, Factor: l.Factor, Networks: l.Networks}
}
