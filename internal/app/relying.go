package app

import (
	"cmp"
	"net/http"

	"motcua/docs"
	"motcua/internal/config"
	"motcua/internal/oidcop"
	"motcua/internal/signin"
	"motcua/internal/site/office"
	"motcua/internal/site/portal"
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
	return []oidcop.Client{{
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
}

// relyingParty is a service's way to the provider.
func (a *App) relyingParty(client, redirect, purpose string) (*signin.Service, error) {
	s, err := signin.New(a.DB, a.Clock, a.Box, signin.Provider{
		Issuer:       a.Config.SiteURL(config.ID).String(),
		ClientID:     client,
		ClientSecret: func() string { return oidcop.FirstPartySecret(a.Box.MAC, client) },
		RedirectURL:  redirect,
		DisplayName:  a.Config.ProviderName,
		RequireIss:   true,
		Purpose:      purpose,
		Transport:    a.transport(),
	})
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

func (a *App) portal() (http.Handler, error) {
	r, err := portal.NewRenderer()
	if err != nil {
		return nil, err
	}
	s, err := a.relyingParty(portalClient, a.Config.SiteURL(config.Portal).String()+portal.PathCallback, "")
	if err != nil {
		return nil, err
	}
	return portal.New(portal.Parts{Web: a.site(config.Portal, r), Clock: a.Clock, SignIn: s, Citizens: a.Citizens, Guide: docs.Guide(), Place: a.Config.NetworkLabel})
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
