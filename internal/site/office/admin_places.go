package office

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

const (
	// maxLabel is in characters.
	maxLabel = 100
	// machineLife is the longest that browsers keep a cookie.
	machineLife = 400 * 24 * time.Hour
)

// machines is "Máy dùng chung".
func (s *site) machines(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := takeNotice(w, r)
	return s.showMachines(w, r, v, http.StatusOK, func(p *machinesPage) { p.Done = notice(p.Base, code) })
}

func (s *site) showMachines(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*machinesPage)) error {
	places, err := s.Org.SharedPlaces(r.Context(), v)
	if err != nil {
		return forbidden(err)
	}
	page := machinesPage{page: s.page(r, v), Marked: v.Shared}
	for _, p := range places {
		one := sharedPlace{ID: p.ID, Label: p.Label, Since: vn.Date(p.CreatedAt)}
		if p.Kind == org.SharedNetwork {
			one.Network = p.Key
		}
		page.Marks = append(page.Marks, one)
	}
	set(&page)
	return s.Web.Render(w, r, status, "machines", page)
}

// changeMachines marks this browser, adds a network, or removes one of them.
func (s *site) changeMachines(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	f := r.PostForm
	switch f.Get("viec") {
	case "trinh-duyet":
		return s.markBrowser(w, r, v, strings.TrimSpace(f.Get(boxMachine)))
	case "mang":
		return s.addNetwork(w, r, v, strings.TrimSpace(f.Get(boxNetwork)), strings.TrimSpace(f.Get(boxNetLabel)))
	}
	err := s.Org.RemoveSharedPlace(r.Context(), v, f.Get("ma"))
	return s.machinesChanged(w, r, "bo", err)
}

func (s *site) markBrowser(w http.ResponseWriter, r *http.Request, v org.Visit, label string) error {
	if !goodLabel(label) {
		return s.showMachines(w, r, v, http.StatusUnprocessableEntity, func(p *machinesPage) {
			p.Label, p.Faults = label, []fault{{boxMachine, p.T("office.machines.fault.label")}}
		})
	}
	mark, err := s.Org.MarkBrowser(r.Context(), v, label)
	if err == nil {
		web.SetCookie(w, r, cookieMachine, mark, machineLife)
	}
	return s.machinesChanged(w, r, "trinh-duyet", err)
}

func (s *site) addNetwork(w http.ResponseWriter, r *http.Request, v org.Visit, network, label string) error {
	var faults []fault
	b := s.page(r, v).Base
	if _, err := netip.ParsePrefix(network); err != nil {
		faults = append(faults, fault{boxNetwork, b.T("office.machines.fault.network")})
	}
	if !goodLabel(label) {
		faults = append(faults, fault{boxNetLabel, b.T("office.machines.fault.label")})
	}
	if len(faults) == 0 {
		err := s.Org.AddSharedNetwork(r.Context(), v, network, label)
		invalid, bad := errors.AsType[*org.Invalid](err)
		if !bad {
			return s.machinesChanged(w, r, "mang", err)
		}
		box, key := boxNetwork, "office.machines.fault.network"
		if invalid.Field == "label" {
			box, key = boxNetLabel, "office.machines.fault.label"
		}
		faults = append(faults, fault{box, b.T(key)})
	}
	return s.showMachines(w, r, v, http.StatusUnprocessableEntity, func(p *machinesPage) { p.Network, p.NetLabel, p.Faults = network, label, faults })
}

func (s *site) machinesChanged(w http.ResponseWriter, r *http.Request, code string, err error) error {
	if err != nil {
		return forbidden(err)
	}
	leaveNotice(w, r, code)
	return web.Redirect(w, r, pathMachines)
}

func goodLabel(label string) bool {
	n := utf8.RuneCountInString(label)
	return n >= 1 && n <= maxLabel
}
