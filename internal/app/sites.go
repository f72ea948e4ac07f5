package app

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"motcua/docs"
	"motcua/internal/config"
	"motcua/internal/demo"
	"motcua/internal/i18n"
	"motcua/internal/obs"
	"motcua/internal/oidcop"
	"motcua/internal/signin"
	"motcua/internal/site/id"
	"motcua/internal/site/office"
	"motcua/internal/site/portal"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// portalClient is the portal's name at its own provider.
const portalClient = "portal"

// App is a Core with its sites, listening.
type App struct {
	*Core
	listeners   []*listener
	certificate *certificate
	sites       map[string]http.Handler
	ops         *obs.Ops
	running     atomic.Bool
}

// New listens, opens the Core and builds the sites of this process. Requests
// that come before Run wait. It errs as Open does.
func New(ctx context.Context, c *config.Config, o Options) (_ *App, err error) {
	a := &App{Core: &Core{Config: c}, sites: map[string]http.Handler{}}
	if err := a.listen(ctx, o.Listeners); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			a.closeListeners()
		}
	}()
	core, err := Open(ctx, c, o)
	if err != nil {
		return nil, err
	}
	a.Core = core
	defer func() {
		if err != nil {
			err = errors.Join(err, core.Close())
		}
	}()
	if c.TLSCert != "" {
		if a.certificate, err = newCertificate(a.Clock, c.TLSCert, c.TLSKey); err != nil {
			return nil, &Refusal{"Không dùng được chứng thư TLS.", "The TLS certificate cannot be used.", err, true}
		}
	}
	if err := a.prepare(ctx); err != nil {
		return nil, err
	}
	if err := a.build(); err != nil {
		return nil, err
	}
	a.ops = a.newOps()
	return a, nil
}

// Close ends an App that does not run.
func (a *App) Close() error {
	a.closeListeners()
	return a.Core.Close()
}

// prepare writes what the sites need to find in the database.
func (a *App) prepare(ctx context.Context) error {
	parts := demo.Parts{DB: a.DB, People: a.People, Provider: a.Provider, Org: a.Org, Hasher: a.Hasher, Clock: a.Clock}
	if err := a.keepApart(ctx, parts); err != nil {
		return err
	}
	if a.Config.Runs(config.ID) {
		if err := a.Provider.EnsureKeys(ctx); err != nil {
			return err
		}
		if err := a.Provider.PutClient(ctx, a.portalRegistration(), a.Provider.FirstPartySecret(portalClient)); err != nil {
			return err
		}
	}
	if a.Config.Demo {
		return demo.Load(ctx, parts, a.Config.LoadAccounts)
	}
	return nil
}

// keepApart refuses a demo's database for a real run and a real one for a
// demo, before anything in it is changed: the demo's passwords are public.
func (a *App) keepApart(ctx context.Context, parts demo.Parts) error {
	there, err := demo.Loaded(ctx, parts)
	if err != nil || there == a.Config.Demo {
		return err
	}
	if there {
		return &Refusal{"Đây là cơ sở dữ liệu của bản dùng thử, mật khẩu ai cũng biết; hãy dùng cơ sở dữ liệu khác.", "This database is a demo's, with passwords that everybody knows; use another one.", nil, false}
	}
	real, err := a.People.Any(ctx)
	if err == nil && real {
		return &Refusal{"Cơ sở dữ liệu này có tài khoản thật; hãy chạy thử với thư mục khác (--data).", "This database has real accounts; try the demo with another folder (--data).", nil, false}
	}
	return err
}

func (a *App) portalRegistration() oidcop.Client {
	c, base := a.Config, a.Config.SiteURL(config.Portal).String()
	return oidcop.Client{
		ID:   portalClient,
		Name: "Cổng Dịch vụ công " + c.ProvinceName, NameEN: "Public service portal of " + cmp.Or(c.ProvinceNameEN, c.ProvinceName),
		SMSName:        vn.ASCII("Cổng DVC " + c.ProvinceName),
		RedirectURIs:   []string{base + portal.PathCallback},
		PostLogoutURIs: []string{base + portal.PathSignedOut},
		SignInURL:      base + portal.PathSignIn,
		Scopes:         signin.DefaultScopes,
	}
}

// build makes the sites' handlers. The id site comes first: the portal calls
// it without a network when both run here.
func (a *App) build() error {
	if a.Config.Runs(config.ID) {
		r, err := id.NewRenderer()
		if err != nil {
			return err
		}
		a.sites[config.ID] = id.New(id.Parts{Web: a.site(config.ID, r), Provider: a.Provider, People: a.People, Desk: a.desk()})
	}
	if a.Config.Runs(config.Office) {
		r, err := office.NewRenderer()
		if err != nil {
			return err
		}
		a.sites[config.Office] = office.New(office.Parts{Web: a.site(config.Office, r), Clock: a.Clock, Org: a.Org})
	}
	if a.Config.Runs(config.Portal) {
		h, err := a.portal()
		if err != nil {
			return err
		}
		a.sites[config.Portal] = h
	}
	return nil
}

func (a *App) portal() (http.Handler, error) {
	r, err := portal.NewRenderer()
	if err != nil {
		return nil, err
	}
	base := a.Config.SiteURL(config.Portal)
	s, err := signin.New(a.DB, a.Clock, a.Box, signin.Provider{
		Issuer:       a.Config.SiteURL(config.ID).String(),
		ClientID:     portalClient,
		ClientSecret: func() string { return oidcop.FirstPartySecret(a.Box.MAC, portalClient) },
		RedirectURL:  base.String() + portal.PathCallback,
		DisplayName:  a.Config.ProviderName,
		RequireIss:   true,
		Transport:    a.transport(),
	})
	if err != nil {
		return nil, err
	}
	// The other purges belong to every process; this service exists here only.
	a.Registry.Periodic(JobPurge+".signin", purgeEvery, s.Purge)
	return portal.New(portal.Parts{Web: a.site(config.Portal, r), Clock: a.Clock, SignIn: s, Citizens: a.Citizens, Guide: docs.Guide(), Place: a.Config.NetworkLabel})
}

func (a *App) site(name string, r *web.Renderer) *web.Site {
	c := a.Config
	s := &web.Site{
		Name: name, URL: c.SiteURL(name), Renderer: r, Log: a.Log, Demo: c.Demo,
		Observe: func(route, method string, status int, took time.Duration) {
			a.Metrics.Request(name, route, method, status, took)
		},
		Places: web.Places{Portal: c.SiteURL(config.Portal).String(), Office: c.SiteURL(config.Office).String(), ID: c.SiteURL(config.ID).String()},
		Provider: map[string]string{
			i18n.Vietnamese: c.ProviderName,
			i18n.English:    cmp.Or(c.ProviderNameEN, c.ProviderName),
		},
		Contacts: map[string]web.Contact{
			i18n.Vietnamese: {Province: c.ProvinceName, Authority: c.Authority, Centre: c.CentreName, Address: c.Address,
				Hotline: c.Hotline, Email: c.Email, Hours: c.Hours},
			i18n.English: {Province: cmp.Or(c.ProvinceNameEN, c.ProvinceName), Authority: cmp.Or(c.AuthorityEN, c.Authority),
				Centre: cmp.Or(c.CentreNameEN, c.CentreName), Address: cmp.Or(c.AddressEN, c.Address),
				Hotline: c.Hotline, Email: c.Email, Hours: cmp.Or(c.HoursEN, c.Hours)},
		},
	}
	if name != config.ID {
		s.FormAction = []string{c.SiteURL(config.ID).String()}
	}
	return s
}

func (a *App) desk() *id.Desk {
	if !a.Config.Demo {
		return nil
	}
	d := &id.Desk{Inbox: a.Inbox, Password: demo.CitizenPassword, Factor: a.limitFactor()}
	if l := a.Config.LAN; l != nil {
		d.Phone = &id.DeskPhone{Authority: l.Authority, Fingerprint: l.Fingerprint}
	}
	for _, p := range demo.Citizens {
		d.Accounts = append(d.Accounts, id.DeskAccount{Number: p.Number, Name: p.Name, Phone: p.Phone, Level: p.Level, Officer: p.Username != ""})
	}
	return d
}

// transport carries the portal's calls to its provider.
func (a *App) transport() http.RoundTripper {
	network := http.DefaultTransport.(*http.Transport).Clone()
	network.MaxIdleConnsPerHost = 32
	network.DialContext = (&net.Dialer{Timeout: signin.CallTimeout}).DialContext
	var t http.RoundTripper = network
	if h := a.sites[config.ID]; h != nil {
		t = inProcess{site: a.Config.SiteURL(config.ID), handler: h, next: t}
	}
	if a.options.Transport != nil {
		t = a.options.Transport(t)
	}
	return t
}
