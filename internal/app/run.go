package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"motcua/internal/config"
	"motcua/internal/web"
)

// Bounds of a connection. A browser on a slow line sends its few kilobytes of
// headers well within them.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 20 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	// stopTimeout is how long running requests, and then jobs, may go on
	// after the signal.
	stopTimeout = 10 * time.Second
	// keyRefresh is how often a process looks for data keys that another one
	// has rotated.
	keyRefresh = 20 * time.Second
)

// Ops is the name of the operations listener in Options.Listeners.
const Ops = "ops"

// listener is one address with the sites that answer there.
type listener struct {
	net.Listener
	sites []string
	plain bool // no TLS although certificates are configured
	// beside is this machine's own address of a site in the local network.
	beside bool
}

// listen opens every address before anything else happens, so that a busy port
// is told at once and early connections wait instead of failing.
func (a *App) listen(ctx context.Context, given map[string]net.Listener) (err error) {
	defer func() {
		if err != nil {
			a.closeListeners()
		}
	}()
	byAddress := map[string]*listener{}
	open := func(name, address string) error {
		if l := given[name]; l != nil {
			a.listeners = append(a.listeners, &listener{Listener: l, sites: []string{name}, plain: true})
			return nil
		}
		if l := byAddress[address]; l != nil {
			l.sites = append(l.sites, name)
			return nil
		}
		var lc net.ListenConfig
		nl, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			return cannotListen(address, err)
		}
		l := &listener{Listener: nl, sites: []string{name}, plain: name == Ops}
		byAddress[address] = l
		a.listeners = append(a.listeners, l)
		return nil
	}
	for _, site := range config.AllSites {
		if a.Config.Runs(site) {
			if err := open(site, a.Config.ListenAddress(site)); err != nil {
				return err
			}
			if a.Config.LAN != nil {
				if err := open(site, besideLAN(a.Config.ListenAddress(site))); err != nil {
					return err
				}
				l := a.listeners[len(a.listeners)-1]
				l.plain, l.beside = true, true
			}
		}
	}
	if a.Config.OpsListen != "" || given[Ops] != nil {
		return open(Ops, a.Config.OpsListen)
	}
	return nil
}

// A Refusal is an error whose text a person at the console can act on.
type Refusal struct {
	Vi, En string
	Err    error
	// Cause adds Err to the text, where the sentences alone do not say what
	// to mend.
	Cause bool
}

func (r *Refusal) Error() string {
	if r.Cause && r.Err != nil {
		return r.Vi + "\n" + r.En + "\n(" + r.Err.Error() + ")"
	}
	return r.Vi + "\n" + r.En
}

func (r *Refusal) Unwrap() error { return r.Err }

func cannotListen(address string, err error) error {
	vi, en := "không mở được cổng lắng nghe", "cannot be listened on"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		vi, en = "đang được chương trình khác dùng", "is in use by another program"
	case errors.Is(err, fs.ErrPermission):
		vi, en = "cần quyền quản trị để lắng nghe", "needs an administrator's rights to be listened on"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		vi, en = "không thuộc máy này", "does not belong to this machine"
	}
	return &Refusal{fmt.Sprintf("Địa chỉ %s %s.", address, vi), fmt.Sprintf("The address %s %s.", address, en), err, false}
}

func (a *App) closeListeners() {
	for _, l := range a.listeners {
		_ = l.Close()
	}
}

// Run answers requests and runs jobs until ctx ends or a listener fails, then
// stops in order: readiness fails, the listeners close, running requests end,
// jobs end or give their leases back, the database closes.
func (a *App) Run(ctx context.Context) error {
	if !a.options.Manual {
		// A signal that comes this early stops what has been started, below.
		if err := a.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
			return errors.Join(err, a.Close())
		}
		for _, l := range a.Lines {
			l.Start()
		}
	}
	refreshed := make(chan struct{})
	refresh, cancel := context.WithCancel(ctx)
	go func() { defer close(refreshed); a.refreshKeys(refresh) }()

	a.running.Store(true)
	failed := make(chan error, len(a.listeners))
	var servers []*http.Server
	for _, l := range a.listeners {
		s := a.server(a.handlerOf(l))
		servers = append(servers, s)
		go func() {
			nl := net.Listener(l)
			if a.certificate != nil && !l.plain {
				nl = tls.NewListener(nl, a.certificate.config())
			}
			failed <- s.Serve(nl)
		}()
	}

	for _, l := range a.listeners {
		a.Log.InfoContext(ctx, "listening", "listen", l.Addr().String(), "sites", l.sites)
	}

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.Log.Info("stopping")
	cancel()
	<-refreshed
	return errors.Join(err, a.stop(servers))
}

func (a *App) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
}

func (a *App) stop(servers []*http.Server) error {
	a.ops.Stopping()
	if d := a.Config.DrainDelay; d > 0 {
		time.Sleep(d)
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var wg sync.WaitGroup
	ended := make([]error, len(servers))
	for i, s := range servers {
		// All at once: none goes on listening while another waits.
		wg.Go(func() {
			if err := s.Shutdown(ctx); err != nil {
				ended[i] = errors.Join(fmt.Errorf("requests were cut off: %w", err), s.Close())
			}
		})
	}
	wg.Wait()
	errs := ended
	jobsCtx, cancelJobs := context.WithTimeout(context.Background(), stopTimeout)
	defer cancelJobs()
	errs = append(errs, a.Jobs.Stop(jobsCtx), a.leaveLines(jobsCtx), a.Core.Close())
	return errors.Join(errs...)
}

// handlerOf joins the sites of one listener by Host, or answers operations.
func (a *App) handlerOf(l *listener) http.Handler {
	if slices.Equal(l.sites, []string{Ops}) {
		return a.ops
	}
	if l.beside {
		return a.onlyToPublicName(l.sites[0])
	}
	byHost := map[string]http.Handler{}
	for _, s := range l.sites {
		byHost[a.Config.SiteURL(s).Host] = a.sites[s]
	}
	h := web.Hosts(byHost)
	if a.Config.Demo && len(l.sites) == 1 {
		h = a.toPublicName(l.sites[0], h)
	}
	return web.Proxies(a.Config.Proxies()).Wrap(h)
}

// toPublicName sends a newcomer who typed another name of this machine
// (127.0.0.1 for localhost) to the site's own address: sign-in would fail
// otherwise, because cookies and redirects belong to that one.
func (a *App) toPublicName(site string, next http.Handler) http.Handler {
	public := a.Config.SiteURL(site)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, port, err := net.SplitHostPort(r.Host)
		if err != nil || r.Host == public.Host || port != public.Port() || !config.Loopback(host) ||
			r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Location", public.String()+r.URL.RequestURI())
		w.WriteHeader(http.StatusSeeOther)
	})
}

func (a *App) refreshKeys(ctx context.Context) {
	tick := time.NewTicker(keyRefresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.Box.Refresh(ctx); err != nil && ctx.Err() == nil {
				a.Log.ErrorContext(ctx, "refresh of data keys", "err", err)
			}
		}
	}
}
