package id

import (
	"errors"
	"net/http"

	"motcua/internal/i18n"
	"motcua/internal/oidcop"
	"motcua/internal/web"
)

// onward leads to the service after a sign-in, or first to the question
// whether it may have data.
func (s *site) onward(w http.ResponseWriter, r *http.Request, requestID, redirect string) error {
	if redirect == "" {
		return web.Redirect(w, r, "/dong-y?yc="+requestID)
	}
	return web.Redirect(w, r, inLanguage(r, redirect))
}

// consent asks whether a service of another authority may have data (OP-20).
func (s *site) consent(w http.ResponseWriter, r *http.Request) error {
	wait, answered, err := s.waiting(w, r, r.URL.Query().Get("yc"))
	if answered || err != nil {
		return err
	}
	q, err := s.Provider.Question(r.Context(), wait.ID, front(w, r))
	if err != nil {
		return s.notAsking(w, r, wait, err)
	}
	p := consentPage{Base: s.base(r), asker: s.asker(r, wait), Scopes: q.Scopes, Purpose: wait.Client.Purpose}
	if web.Lang(r) == i18n.English {
		p.Purpose = wait.Client.PurposeEN
	}
	return s.render(w, r, http.StatusOK, "consent", p)
}

func (s *site) agree(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	wait, answered, err := s.waiting(w, r, r.PostForm.Get("yc"))
	if answered || err != nil {
		return err
	}
	to, err := s.Provider.Agree(r.Context(), wait.ID, front(w, r))
	if err != nil {
		return s.notAsking(w, r, wait, err)
	}
	return web.Redirect(w, r, inLanguage(r, to))
}

// notAsking leads on from a question that is not, or no longer, to be answered.
func (s *site) notAsking(w http.ResponseWriter, r *http.Request, wait oidcop.Waiting, err error) error {
	switch {
	case errors.Is(err, oidcop.ErrNoSession):
		return web.Redirect(w, r, "/dang-nhap?yc="+wait.ID)
	case errors.Is(err, oidcop.ErrFinished), errors.Is(err, oidcop.ErrStale):
		return web.Redirect(w, r, wait.Client.SignInURL)
	}
	return err
}

// consentPage is the page "consent".
type consentPage struct {
	web.Base
	asker
	// Purpose is what the service says it uses the data for.
	Purpose string
	// Scopes are the kinds of data it would get.
	Scopes []string
}

func (p consentPage) Title() string { return p.T("id.consent.title") }

// Kinds are the data in words.
func (p consentPage) Kinds() (out []string) {
	for _, s := range p.Scopes {
		switch s {
		case "profile":
			out = append(out, p.T("id.consent.profile"))
		case "phone":
			out = append(out, p.T("id.consent.phone"))
		case oidcop.ScopeVNeID:
			out = append(out, p.T("id.consent.vneid"))
		}
	}
	return out
}
