package app

import (
	"cmp"
	"context"
	"net/http"

	"motcua/docs"
	"motcua/internal/citizen"
	"motcua/internal/config"
	"motcua/internal/oidcop"
	"motcua/internal/signin"
	"motcua/internal/site/office"
	"motcua/internal/site/portal"
	"motcua/internal/sms"
	"motcua/internal/vn"
)

// Names of the program's own services at its own provider.
const (
	portalClient = "portal"
	officeClient = "office"
)

// registrations are the program's own services as the provider knows them.
func (a *App) registrations() []oidcop.Client {
	c := a.Config
	inPortal, inOffice := c.SiteURL(config.Portal).String(), c.SiteURL(config.Office).String()
	clients := []oidcop.Client{{
		ID:   portalClient,
		Name: "Cổng Dịch vụ công " + c.ProvinceName, NameEN: "Public service portal of " + cmp.Or(c.ProvinceNameEN, c.ProvinceName),
		SMSName:              vn.ASCII("Cổng DVC " + c.ProvinceName),
		RedirectURIs:         []string{inPortal + portal.PathCallback},
		PostLogoutURIs:       []string{inPortal + portal.PathSignedOut},
		SignInURL:            inPortal + portal.PathSignIn,
		Scopes:               signin.DefaultScopes,
		BackchannelLogoutURI: inPortal + portal.PathLogout,
	}, {
		ID:   officeClient,
		Name: "Một cửa điện tử " + c.ProvinceName, NameEN: "One-stop office of " + cmp.Or(c.ProvinceNameEN, c.ProvinceName),
		SMSName:              vn.ASCII("Một cửa " + c.ProvinceName),
		RedirectURIs:         []string{inOffice + office.PathCallback},
		SignInURL:            inOffice + office.PathSignIn,
		Scopes:               signin.DefaultScopes,
		BackchannelLogoutURI: inOffice + office.PathLogout,
		// An officer's sign-in and a citizen's in the same browser have
		// nothing to do with each other.
		Isolated: true,
	}}
	if c.Provider.External() && c.Provider.Profile != config.ProfileOIDC {
		// In the other dialects nobody is told of an ended session: the
		// notice would come from an issuer that the services do not know.
		for i := range clients {
			clients[i].BackchannelLogoutURI = ""
		}
	}
	return append(oidcop.OwnClients(c.SiteURL(config.ID).String()), clients...)
}

// relyingParty is a service's way to the provider.
func (a *App) relyingParty(client, redirect, purpose string) (*signin.Service, error) {
	p := upstream(a.Config, client)
	p.RedirectURL, p.Purpose, p.Transport = redirect, purpose, a.transport()
	var err error
	if p.Key, err = a.directKey(); err != nil {
		return nil, err
	}
	p.ClientSecret = a.secretOf(client)
	s, err := signin.New(a.DB, a.Clock, a.Box, p)
	if err != nil {
		return nil, err
	}
	if !a.purgesSignIns {
		// The other purges belong to every process; these services exist here
		// only, on one table.
		a.Registry.Periodic(JobPurge+".signin", purgeEvery, s.Purge)
		a.purgesSignIns = true
	}
	return s, nil
}

// secretOf is a service's secret, read at each use so that a new one in its
// file counts at once. At our own provider, also under another's manners, it
// is derived. One that cannot be read is empty, and the provider refuses it.
func (a *App) secretOf(client string) func() string {
	p := a.Config.Provider
	if !p.External() || a.Config.Demo {
		return func() string { return oidcop.FirstPartySecret(a.Box.MAC, client) }
	}
	from := p.ClientSecret
	if client == officeClient {
		from = p.OfficeClientSecret
	}
	return func() string {
		v, err := sms.Secret(from)
		if err != nil {
			a.Log.Error("the client secret of the identity provider cannot be read", "client", client, "err", err)
		}
		return v
	}
}

func (a *App) portal() (http.Handler, error) {
	r, err := portal.NewRenderer()
	if err != nil {
		return nil, err
	}
	s, err := a.relyingParty(portalClient, a.Config.SiteURL(config.Portal).String()+portal.PathCallback, "")
	if err != nil {
		return nil, err
	}
	a.Registry.Periodic(JobRefresh, refreshEvery, func(ctx context.Context) error { return a.Citizens.Refresh(ctx, refreshBy(s)) })
	return portal.New(portal.Parts{Web: a.site(config.Portal, r), Clock: a.Clock, SignIn: s, Citizens: a.Citizens, Guide: docs.Guide(), Place: a.Config.NetworkLabel})
}

// refreshBy tells the provider that somebody is at work.
func refreshBy(s *signin.Service) citizen.RefreshFunc {
	return func(ctx context.Context, token string) (string, bool, error) {
		next, err := s.Refresh(ctx, token)
		if f := signin.AsFailure(err); f != nil && f.Kind == signin.Refused {
			return "", true, nil
		}
		return next, false, err
	}
}

func (a *App) office() (http.Handler, error) {
	r, err := office.NewRenderer()
	if err != nil {
		return nil, err
	}
	s, err := a.relyingParty(officeClient, a.Config.SiteURL(config.Office).String()+office.PathCallback, officeClient)
	if err != nil {
		return nil, err
	}
	return office.New(office.Parts{Web: a.site(config.Office, r), Clock: a.Clock, Org: a.Org, People: a.People, Clients: a.Provider, Audit: a.Audit, SMS: a.SMS, DeclareOut: a.DeclareSMSOut, ResumeSMS: a.ResumeSMS, VNeID: s,
		Networks: a.Config.AllowedNetworks(), Place: a.Config.NetworkLabel}), nil
}
