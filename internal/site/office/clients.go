package office

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/oidcop"
	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/vn"
	"motcua/internal/web"
)

const pathClients = "/hethong/dinh-danh/dich-vu"

// Clients are the services registered at the identity provider, as
// oidcop.Provider keeps them.
type Clients interface {
	ListClients(ctx context.Context) ([]oidcop.Registered, error)
	AddClient(ctx context.Context, by audit.Ref, c oidcop.Client) (secret string, err error)
	RotateSecret(ctx context.Context, by audit.Ref, id string) (secret string, err error)
	RetireSecret(ctx context.Context, by audit.Ref, id, secretID string) error
	RemoveClient(ctx context.Context, by audit.Ref, id string) error
}

// Boxes of the form of a service, and which of oidcop's fields each is.
const (
	boxClientID   = "ma-dv"
	boxClientName = "ten-dv"
	boxClientEN   = "ten-en"
	boxPurpose    = "muc-dich"
	boxPurposeEN  = "muc-dich-en"
	boxRedirect   = "tro-ve"
	boxPostLogout = "sau-thoat"
	boxSignInURL  = "bat-dau"
	boxScopes     = "du-lieu"
	boxBack       = "bao-thoat"
	boxConfirm    = "nhap-lai"
)

var clientBoxes = map[string]string{
	"id": boxClientID, "name": boxClientName, "name_en": boxClientEN, "sms_name": boxClientName, "purpose": boxPurpose, "purpose_en": boxPurposeEN,
	"redirect_uris": boxRedirect, "post_logout_uris": boxPostLogout, "sign_in_url": boxSignInURL, "scopes": boxScopes, "backchannel_logout_uri": boxBack,
}

// clientFaults say what is wrong with a field; others are "format".
var clientFaults = map[string]string{
	"empty": "office.clients.fault.empty", "too_long": "office.clients.fault.long", "https": "office.clients.fault.https", "unknown": "office.clients.fault.format",
}

// dataWords are the kinds of data that a service may ask for.
var dataWords = []struct{ scope, key string }{
	{"profile", "office.clients.scope.profile"}, {"phone", "office.clients.scope.phone"}, {"vneid", "office.clients.scope.vneid"},
}

// clients is "Dịch vụ kết nối".
func (s *site) clients(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	page := clientsPage{page: s.page(r, v)}
	page.Done = notice(page.Base, takeNotice(w, r))
	list, err := s.Clients.ListClients(r.Context())
	if err != nil {
		return err
	}
	for _, c := range list {
		page.Clients = append(page.Clients, clientLineOf(page.Base, c))
	}
	return s.Web.Render(w, r, http.StatusOK, "clients", page)
}

func clientLineOf(b web.Base, c oidcop.Registered) clientLine {
	line := clientLine{ID: c.ID, Name: c.Name, BuiltIn: c.BuiltIn, Keys: c.JWKS != "", Secrets: len(c.Secrets), Data: scopeWords(b, c.Scopes)}
	if b.Lang != "vi" {
		line.Name = c.NameEN
	}
	if c.RegisteredAt != nil {
		line.Since = vn.Date(*c.RegisteredAt)
	}
	return line
}

func scopeWords(b web.Base, scopes []string) string {
	var out []string
	for _, d := range dataWords {
		if slices.Contains(scopes, d.scope) {
			out = append(out, b.T(d.key))
		}
	}
	if len(out) == 0 {
		return b.T("office.clients.scope.openid")
	}
	return strings.Join(out, ", ")
}

func (s *site) client(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := takeNotice(w, r)
	return s.showClient(w, r, v, http.StatusOK, func(p *clientPage) { p.Done = notice(p.Base, code) })
}

func (s *site) showClient(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*clientPage)) error {
	list, err := s.Clients.ListClients(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(c oidcop.Registered) bool { return c.ID == r.PathValue("client") })
	if i < 0 {
		return problem.New(problem.NotFound, "office.clients.gone", nil)
	}
	c := list[i]
	page := clientPage{page: s.page(r, v), Client: clientLineOf(s.page(r, v).Base, c), Redirects: c.RedirectURIs, PostLogout: c.PostLogoutURIs,
		SignInURL: c.SignInURL, Backchannel: c.BackchannelLogoutURI, Purpose: c.Purpose, CanRotate: len(c.Secrets) == 1, CanRetire: len(c.Secrets) > 1}
	page.Base.Path, page.Base.Here = pathClients+"/"+c.ID, pathClients+"/"+c.ID
	for _, one := range c.Secrets {
		page.Secrets = append(page.Secrets, secretLine{ID: one.ID, Since: vn.DateTime(one.CreatedAt), Used: dateTime(one.UsedAt)})
	}
	set(&page)
	return s.Web.Render(w, r, status, "client", page)
}

// clientRefused says on the service's page why a change was not made.
func (s *site) clientRefused(w http.ResponseWriter, r *http.Request, v org.Visit, err error) error {
	for _, f := range []struct {
		err error
		key string
	}{
		{oidcop.ErrTwoSecrets, "office.clients.fault.two"}, {oidcop.ErrLastSecret, "office.clients.fault.last"}, {oidcop.ErrNoSecret, "office.clients.fault.nosecret"},
		{oidcop.ErrHasKeys, "office.clients.fault.keys"}, {oidcop.ErrBuiltIn, "office.clients.fault.builtin"},
	} {
		if errors.Is(err, f.err) {
			return s.showClient(w, r, v, http.StatusConflict, func(p *clientPage) { p.Refused = p.T(f.key) })
		}
	}
	if errors.Is(err, oidcop.ErrNoClient) {
		return problem.New(problem.NotFound, "office.clients.gone", err)
	}
	return err
}

// rotateClient gives a service its second secret, shown on this answer alone.
func (s *site) rotateClient(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	secret, err := s.Clients.RotateSecret(r.Context(), clerk(v).By, r.PathValue("client"))
	if err != nil {
		return s.clientRefused(w, r, v, err)
	}
	return s.showClient(w, r, v, http.StatusOK, func(p *clientPage) { p.Secret, p.Done = secret, p.T("office.clients.done.rotated") })
}

func (s *site) retireClient(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	if err := s.Clients.RetireSecret(r.Context(), clerk(v).By, r.PathValue("client"), r.PostForm.Get("khoa")); err != nil {
		return s.clientRefused(w, r, v, err)
	}
	leaveNotice(w, r, "bo-khoa")
	return web.Redirect(w, r, pathClients+"/"+url.PathEscape(r.PathValue("client")))
}

// removeClient ends a service, whose id must be typed: people are signed in
// there.
func (s *site) removeClient(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	id := r.PathValue("client")
	if strings.TrimSpace(r.PostForm.Get(boxConfirm)) != id {
		return s.showClient(w, r, v, http.StatusUnprocessableEntity, func(p *clientPage) {
			p.Faults = []fault{{boxConfirm, p.T("office.clients.fault.confirm", id)}}
		})
	}
	if err := s.Clients.RemoveClient(r.Context(), clerk(v).By, id); err != nil {
		return s.clientRefused(w, r, v, err)
	}
	leaveNotice(w, r, "xoa-dv")
	return web.Redirect(w, r, pathClients)
}

func (s *site) addClientForm(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.addClientAgain(w, r, v, http.StatusOK, nil)
}

func (s *site) addClientAgain(w http.ResponseWriter, r *http.Request, v org.Visit, status int, faults []fault) error {
	f := r.PostForm
	page := addClientPage{page: s.page(r, v), Faults: faults, ID: f.Get(boxClientID), Name: f.Get(boxClientName), NameEN: f.Get(boxClientEN), Purpose: f.Get(boxPurpose),
		PurposeEN: f.Get(boxPurposeEN), Redirects: f.Get(boxRedirect), PostLogout: f.Get(boxPostLogout), SignInURL: f.Get(boxSignInURL), Backchannel: f.Get(boxBack)}
	for _, d := range dataWords {
		page.Scopes = append(page.Scopes, choice{d.scope, page.T(d.key), slices.Contains(f[boxScopes], d.scope)})
	}
	return s.Web.Render(w, r, status, "client-add", page)
}

// addClient registers a service of somebody else: people are asked before it
// gets their data. Services of the authority itself are the console's.
func (s *site) addClient(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	f := r.PostForm
	line := func(box string) string { return strings.TrimSpace(f.Get(box)) }
	c := oidcop.Client{ID: line(boxClientID), Name: line(boxClientName), NameEN: line(boxClientEN), SMSName: vn.ASCII(line(boxClientName)), Purpose: line(boxPurpose), PurposeEN: line(boxPurposeEN),
		RedirectURIs: strings.Fields(f.Get(boxRedirect)), PostLogoutURIs: strings.Fields(f.Get(boxPostLogout)), SignInURL: line(boxSignInURL),
		BackchannelLogoutURI: line(boxBack), Scopes: append([]string{"openid"}, f[boxScopes]...)}
	if r := []rune(c.SMSName); len(r) > maxSMSName {
		c.SMSName = strings.TrimSpace(string(r[:maxSMSName]))
	}
	b := s.page(r, v).Base
	secret, err := s.Clients.AddClient(r.Context(), clerk(v).By, c)
	field, wrong := errors.AsType[*oidcop.FieldError](err)
	switch {
	case errors.Is(err, oidcop.ErrClientExists):
		return s.addClientAgain(w, r, v, http.StatusUnprocessableEntity, []fault{{boxClientID, b.T("office.clients.fault.exists")}})
	case wrong:
		key := clientFaults[field.Code]
		if key == "" {
			key = "office.clients.fault.format"
		}
		box := clientBoxes[field.Field]
		if box == "" {
			return err
		}
		return s.addClientAgain(w, r, v, http.StatusUnprocessableEntity, []fault{{box, b.T(key)}})
	case err != nil:
		return err
	}
	r.SetPathValue("client", c.ID)
	return s.showClient(w, r, v, http.StatusOK, func(p *clientPage) { p.Secret, p.Done = secret, p.T("office.clients.done.added") })
}

// maxSMSName is how much of a service's name an SMS with a code has room for.
const maxSMSName = 40
