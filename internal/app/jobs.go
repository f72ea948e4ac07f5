package app

import (
	"context"
	"time"
)

const (
	// sealEvery and the queue's look at its table once a second keep an audit
	// record unsealed for less than 5 s.
	sealEvery  = 3 * time.Second
	purgeEvery = time.Hour
	// keysEvery is how often the signing keys' schedule is looked at.
	keysEvery = time.Hour
	// expireEvery and the queue's look at its table keep a service waiting
	// less than 5 s for the news that a session has ended by time (OP-14).
	expireEvery = 2 * time.Second
	// refreshEvery is how often a provider elsewhere is told who is at work.
	refreshEvery = time.Minute
)

// Names of periodic jobs that tests run by themselves.
const (
	JobSeal  = "audit.seal"
	JobPurge = "purge"
	JobKeys  = "oidcop.keys"
	// JobExpire ends the provider's sessions that are over by time.
	JobExpire = "oidcop.expire"
	// JobRefresh tells a provider elsewhere who is at work in the portal.
	JobRefresh = "citizen.refresh"
)

// periodic declares what runs again and again, on one process at a time. Each
// package's own documentation says how long its rows are kept.
func (a *Core) periodic() {
	a.Registry.Periodic(JobSeal, sealEvery, a.Audit.Seal)
	purges := map[string]func(context.Context) error{
		"identity":  a.People.Purge,
		"oidcop":    a.Provider.Purge,
		"session":   a.Sessions.Purge,
		"ratelimit": func(ctx context.Context) error { return a.Limiter.Purge(ctx, a.DB) },
		"sms":       a.SMS.Purge,
		"citizen":   a.Citizens.Purge,
		"org":       a.Org.Purge,
		"officer":   a.Org.PurgeProfiles,
		"audit":     a.Audit.Purge,
	}
	for name, purge := range purges {
		a.Registry.Periodic(JobPurge+"."+name, purgeEvery, purge)
	}
	a.Registry.Periodic(JobKeys, keysEvery, a.Provider.EnsureKeys)
	a.Registry.Periodic(JobExpire, expireEvery, a.Provider.EndExpired)
}
