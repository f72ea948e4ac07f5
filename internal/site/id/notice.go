package id

import (
	"errors"
	"net/http"

	"motcua/internal/i18n"
	"motcua/internal/oidcop"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// notice shows the sign-in that a message told of. Looking ends nothing: some
// phones open links of messages by themselves.
func (s *site) notice(w http.ResponseWriter, r *http.Request) error {
	n, err := s.People.Notice(r.Context(), r.PathValue("link"))
	if errors.Is(err, oidcop.ErrNoSession) {
		return s.render(w, r, http.StatusOK, "notice-over", noticeOverPage{s.base(r)})
	}
	if err != nil {
		return err
	}
	p := noticePage{Base: s.base(r), NumberTail: n.NumberTail, Service: n.Service, Agent: n.Agent, Place: n.Place, Time: vn.DateTime(n.At),
		Link: r.PathValue("link")}
	if web.Lang(r) == i18n.English && n.ServiceEN != "" {
		p.Service = n.ServiceEN
	}
	return s.render(w, r, http.StatusOK, "notice", p)
}

// endNoticed ends that session because the button was pressed.
func (s *site) endNoticed(w http.ResponseWriter, r *http.Request) error {
	err := s.Provider.EndNoticed(r.Context(), r.PathValue("link"))
	if errors.Is(err, oidcop.ErrNoSession) {
		return s.render(w, r, http.StatusOK, "notice-over", noticeOverPage{s.base(r)})
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "notice-ended", noticeEndedPage{s.base(r)})
}
