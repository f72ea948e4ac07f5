package app

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"motcua/internal/config"
	"motcua/internal/demo"
	"motcua/internal/i18n"
	"motcua/internal/obs"
	"motcua/internal/org"
	"motcua/internal/signin"
	"motcua/internal/site/id"
	"motcua/internal/web"
)

// App is a Core with its sites, listening.
type App struct {
	*Core
	listeners   []*listener
	certificate *certificate
	sites       map[string]http.Handler
	ops         *obs.Ops
	running     atomic.Bool
	// purgesSignIns: a relying party's rows are purged here.
	purgesSignIns bool
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
		for _, c := range a.registrations() {
			if err := a.Provider.PutClient(ctx, c, a.Provider.FirstPartySecret(c.ID)); err != nil {
				return err
			}
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

// build makes the sites' handlers. The id site comes first: the others call
// it without a network when they run here together.
func (a *App) build() error {
	if a.Config.Runs(config.ID) {
		r, err := id.NewRenderer()
		if err != nil {
			return err
		}
		a.sites[config.ID] = id.New(id.Parts{Web: a.site(config.ID, r), Provider: a.Provider, People: a.People, Desk: a.desk()})
	}
	if a.Config.Runs(config.Office) {
		h, err := a.office()
		if err != nil {
			return err
		}
		a.sites[config.Office] = h
	}
	if a.Config.Runs(config.Portal) {
		h, err := a.portal()
		if err != nil {
			return err
		}
		a.sites[config.Portal] = h
	}
	a.Provider.Transport = a.noticeTransport()
	return nil
}

func (a *App) site(name string, r *web.Renderer) *web.Site {
	c := a.Config
	s := &web.Site{
		Name: name, URL: c.SiteURL(name), Renderer: r, Log: a.Log, Demo: c.Demo,
		Observe: func(route, method string, status int, took time.Duration) {
			a.Metrics.Request(name, route, method, status, took)
		},
		Places: a.places(),
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
	if name != config.ID && c.Provider.External() {
		s.Provider = map[string]string{i18n.Vietnamese: c.Provider.Label, i18n.English: cmp.Or(c.Provider.LabelEN, c.Provider.Label)}
	}
	return s
}

func (a *App) places() web.Places {
	c := a.Config
	p := web.Places{Portal: c.SiteURL(config.Portal).String(), Office: c.SiteURL(config.Office).String(), ID: c.SiteURL(config.ID).String()}
	// The demo's other dialects are spoken by its own provider.
	if !c.Provider.External() || c.Demo {
		p.Account = p.ID
	}
	return p
}

func (a *App) desk() *id.Desk {
	if !a.Config.Demo {
		return nil
	}
	d := &id.Desk{Inbox: a.Inbox, Password: demo.CitizenPassword, Factor: a.limitFactor()}
	d.OfficerPassword = demo.OfficerPassword
	for _, o := range demo.Officers {
		line := id.DeskOfficer{Username: o.Username, Name: o.Name, Empty: o.Username == demo.GuideOfficer}
		posts := make([]org.Post, len(o.Posts))
		for i, p := range o.Posts {
			posts[i].Role = p.Role
			line.Roles = append(line.Roles, p.Role.Vietnamese())
		}
		line.Second = org.NeedsTOTP(posts)
		d.Officers = append(d.Officers, line)
	}
	if l := a.Config.LAN; l != nil {
		d.Phone = &id.DeskPhone{Authority: l.Authority, Fingerprint: l.Fingerprint}
	}
	for _, p := range demo.Citizens {
		d.Accounts = append(d.Accounts, id.DeskAccount{Number: p.Number, Name: p.Name, Phone: p.Phone, Level: p.Level, Officer: p.Username != ""})
	}
	return d
}

// noticeTransport carries the provider's notices to services.
func (a *App) noticeTransport() http.RoundTripper {
	t := network()
	for _, name := range []string{config.Portal, config.Office} {
		if h := a.sites[name]; h != nil {
			t = inProcess{site: a.Config.SiteURL(name), handler: h, next: t}
		}
	}
	return t
}

func network() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	t.DialContext = (&net.Dialer{Timeout: signin.CallTimeout}).DialContext
	return t
}

// transport carries the portal's calls to its provider.
func (a *App) transport() http.RoundTripper {
	t := network()
	if h := a.sites[config.ID]; h != nil {
		t = inProcess{site: a.Config.SiteURL(config.ID), handler: h, next: t}
	}
	if a.options.Transport != nil {
		t = a.options.Transport(t)
	}
	return t
}
