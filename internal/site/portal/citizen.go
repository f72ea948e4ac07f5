package portal

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"motcua/internal/citizen"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// visitsShown bounds the list of the last sign-ins.
const visitsShown = 10

// citizen is "Trang của tôi".
func (s *site) citizen(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	if v == nil {
		return web.Redirect(w, r, PathSignIn+"?ve="+url.QueryEscape(pathCitizen))
	}
	lines, err := s.Citizens.History(r.Context(), v.ID, visitsShown)
	if err != nil {
		return err
	}
	p := citizenPage{
		Base: s.base(r, v), SignedInAt: v.SignedInAt, ReceivedAt: v.UpdatedAt, IdleMinutes: int(s.Citizens.Idle / time.Minute),
		Name: v.Name, NumberTail: tail(v.Number, 4), BirthDate: v.BirthDate, Sex: v.Sex,
		PhoneTail: vn.PhoneTail(v.Phone), Level: v.Level,
	}
	for _, l := range lines {
		p.Visits = append(p.Visits, visit{At: l.At, Device: l.Device, Place: l.Place, This: l.ID == v.SessionID})
	}
	return s.Web.Render(w, r, http.StatusOK, "citizen", p)
}

// proceed is "Tiếp tục" of the warning before a session ends (SES-01): JSON for
// the page's script, and back to the page without one.
func (s *site) proceed(w http.ResponseWriter, r *http.Request) error {
	left, err := s.Citizens.Continue(r.Context(), web.Cookie(r, cookieSession))
	over := errors.Is(err, citizen.ErrNotFound)
	if err != nil && !over {
		return err
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		status := http.StatusOK
		if over {
			status = http.StatusUnauthorized
		}
		return web.JSON(w, r, status, struct {
			Left int `json:"left"`
		}{int(left / time.Second)})
	}
	back := s.cameFrom(r)
	if over {
		back = PathSignIn + "?ve=" + url.QueryEscape(back)
	}
	return web.Redirect(w, r, back)
}

// cameFrom is the page of ours that a form was sent from.
func (s *site) cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != s.Web.URL.Host || u.Path == "" {
		return pathCitizen
	}
	return web.SafeReturn(u.RequestURI())
}

func tail(text string, n int) string {
	if len(text) < 2*n {
		return ""
	}
	return text[len(text)-n:]
}

// placeWords names where a request comes from: the label of a known network,
// else the neighbourhood of the address, else nothing.
func (s *site) placeWords(r *http.Request) string {
	a := web.ClientIP(r).Unmap()
	if s.Place != nil {
		if words := s.Place(a); words != "" {
			return words
		}
	}
	return neighbourhood(a)
}

// neighbourhood is an address without its last part: enough for a person to
// tell their own connection from a foreign one, less than the whole.
func neighbourhood(a netip.Addr) string {
	if !a.IsValid() || a.IsLoopback() {
		return ""
	}
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return "IP " + p.String()
}
