package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/citizen"
	"motcua/internal/clock"
	"motcua/internal/config"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/identity"
	"motcua/internal/jobs"
	"motcua/internal/obs"
	"motcua/internal/oidcop"
	"motcua/internal/org"
	"motcua/internal/ratelimit"
	"motcua/internal/secretbox"
	"motcua/internal/session"
	"motcua/internal/sms"
	"motcua/internal/sms/smpp"
)

// slowQuery is the duration from which a statement is worth a log line.
const slowQuery = 500 * time.Millisecond

// Options are what a Config cannot say. The zero value is good for a real run.
type Options struct {
	Clock clock.Clock // nil: the machine's
	Log   io.Writer   // nil: standard error
	// Listeners replace addresses of the configuration, by site name or Ops.
	Listeners map[string]net.Listener
	// SMS wraps the gateway, or the demo's inbox.
	SMS func(sms.Provider) sms.Provider
	// Transport wraps the calls from the portal to its provider.
	Transport func(http.RoundTripper) http.RoundTripper
	// ProductionLimits turns the demo's wide limits off.
	ProductionLimits bool
	// Manual leaves the queue to Jobs.Drain and Jobs.RunPeriodic.
	Manual bool
}

// Core is the program without its sites.
type Core struct {
	Config   *config.Config
	Clock    clock.Clock
	Log      *slog.Logger
	Metrics  *obs.Metrics
	DB       *db.DB
	Box      *secretbox.Box
	Registry *jobs.Registry
	Jobs     *jobs.Queue
	Audit    *audit.Log
	Sessions *session.Store
	Limiter  *ratelimit.Limiter
	Hasher   *credential.Hasher
	SMS      *sms.Service
	Inbox    *sms.Inbox // nil when messages really go out
	Lines    []*smpp.Provider
	People   *identity.Service
	Provider *oidcop.Provider
	Citizens *citizen.Service
	Org      *org.Service

	options Options
}

// Open brings the schema up to date and puts the domain together. It errs with
// a *Refusal where a person at the console can mend the cause.
func Open(ctx context.Context, c *config.Config, o Options) (_ *Core, err error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Log == nil {
		o.Log = os.Stderr
	}
	a := &Core{Config: c, Clock: o.Clock, Log: obs.NewLogger(o.Log, c.Level()), Metrics: obs.NewMetrics(), options: o}
	key, err := openData(c)
	if err != nil {
		return nil, err
	}
	a.DB, err = db.Open(ctx, c.DatabaseURL(), db.Options{Log: a.Log, SlowQuery: slowQuery, Synchronous: c.Synchronous})
	if err != nil {
		return nil, cannotOpen(c, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.DB.Close())
		}
	}()
	if err := a.DB.Migrate(ctx); err != nil {
		return nil, cannotOpen(c, err)
	}
	if a.Box, err = secretbox.Open(ctx, a.DB, key, a.Clock); errors.Is(err, secretbox.ErrMasterWrong) {
		return nil, cannotUnlock(err)
	} else if err != nil {
		return nil, err
	}
	a.Registry = jobs.NewRegistry()
	if a.Jobs, err = jobs.New(a.DB, a.Clock, a.Registry, a.Log); err != nil {
		return nil, err
	}
	if err := a.domain(); err != nil {
		return nil, err
	}
	a.periodic()
	return a, nil
}

func (a *Core) domain() error {
	a.Audit = audit.New(a.DB, a.Clock, audit.WithMAC(func(b []byte) []byte { return a.Box.MAC("audit", b) }),
		audit.WithObserver(a.Metrics.Event))
	a.Sessions = session.New(a.DB, a.Clock)
	a.Limiter = ratelimit.New(a.Clock)
	concurrent := a.Config.Hashes
	if concurrent == 0 {
		concurrent = runtime.GOMAXPROCS(0)
	}
	a.Hasher = credential.New(func(b []byte) []byte { return a.Box.MAC("password-pepper", b) }, concurrent)
	a.Hasher.Observe(a.Metrics.Hash)
	if err := a.messages(); err != nil {
		return err
	}
	identity.Register(a.Registry, func() *identity.Service { return a.People })
	var opts []jobs.Option
	if a.Config.SiteURL(config.ID) == nil || a.Config.SiteURL(config.Portal) == nil && a.Config.SiteURL(config.Office) == nil {
		// The console queues what the sites' processes send.
		opts = append(opts, jobs.Elsewhere())
	}
	oidcop.Register(a.Registry, func() *oidcop.Provider { return a.Provider }, opts...)
	people := identity.Parts{DB: a.DB, Clock: a.Clock, Box: a.Box, Hasher: a.Hasher, SMS: a.SMS,
		Jobs: a.Jobs, Audit: a.Audit, Sessions: a.Sessions, Limiter: a.Limiter, Limits: a.limits(),
		Place: a.Config.NetworkLabel, PhoneWait: a.Config.PhoneWait, NoQRNotice: a.Config.QRNotice == config.QRNoticeOff}
	people.Log = a.Log
	if a.Config.SMSRiskURL != "" {
		hook, err := sms.NewRiskHook(a.Config.SMSRiskURL, a.Config.SMSRiskToken)
		if err != nil {
			return err
		}
		people.Risk = hook
	}
	if u := a.Config.SiteURL(config.ID); u != nil {
		people.IDURL = u.String()
	}
	a.People = identity.New(people)
	a.Citizens = citizen.New(citizen.Parts{DB: a.DB, Clock: a.Clock, Box: a.Box, Sessions: a.Sessions, Audit: a.Audit, Idle: a.Config.PortalIdle})
	limits := a.limits()
	a.Org = org.New(org.Parts{DB: a.DB, Clock: a.Clock, Box: a.Box, Hasher: a.Hasher, SMS: a.SMS, Audit: a.Audit, Sessions: a.Sessions,
		Limiter: a.Limiter, Limits: org.Limits{Factor: limits.Factor, Networks: limits.Networks}, Idle: a.Config.OfficeIdle})
	return a.provider()
}

// provider is whole only where the id site's address is known; the console's
// commands need its keys alone.
func (a *Core) provider() (err error) {
	parts := oidcop.Parts{DB: a.DB, Clock: a.Clock, Box: a.Box, Audit: a.Audit, Sessions: a.Sessions, People: a.People, Jobs: a.Jobs, Log: a.Log}
	if u := a.Config.SiteURL(config.ID); u != nil {
		parts.Issuer = u.String()
	}
	if parts.Dialects, err = a.dialects(); err != nil {
		return err
	}
	a.Provider, err = oidcop.New(parts)
	return err
}

// Check is config.Config.Check and what only the packages themselves can say
// of their settings.
func Check(c *config.Config) error {
	var faults config.Faults
	err := c.Check()
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	if !c.Demo && c.Runs(config.ID) {
		faults = append(faults, checkMessages(c, faults)...)
	}
	faults = append(faults, checkUpstream(c, faults)...)
	if len(faults) == 0 {
		return nil
	}
	return faults
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// RotateKeys replaces the signing keys and the data key. atOnce is for keys
// that others know: see oidcop.Provider.Rotate.
func (a *Core) RotateKeys(ctx context.Context, by audit.Ref, atOnce bool) error {
	if err := a.Provider.Rotate(ctx, by, atOnce); err != nil {
		return err
	}
	return a.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := a.Box.Rotate(ctx, tx); err != nil {
			return err
		}
		return a.Audit.Append(ctx, tx, audit.Event{Action: "key.data_rotate", Actor: by, Outcome: audit.OK})
	})
}

// limits are production's, except in the demo, which is for trying things
// out; a demo under load is measured with production's.
func (a *Core) limits() identity.Limits {
	l := identity.Limits{Factor: a.limitFactor()}
	for _, r := range a.Config.RangeFactors() {
		l.Networks = append(l.Networks, identity.NetworkFactor{Prefix: r.Range, Factor: r.Factor})
	}
	return l
}

func (a *Core) limitFactor() int {
	if a.Config.Demo && a.Config.LoadAccounts == 0 && !a.options.ProductionLimits {
		return demo.LimitFactor
	}
	return 1
}

// Close closes the database. Run does it by itself.
func (a *Core) Close() error { return a.DB.Close() }
