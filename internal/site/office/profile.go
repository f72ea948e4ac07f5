package office

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// Addresses below the personal page.
const (
	pathEdit  = pathProfile + "/cap-nhat"
	pathPhone = pathProfile + "/xac-nhan-so"

	pathPortrait = "/hethong/anh/"
)

// signInsShown bounds the list of the last sign-ins.
const signInsShown = 10

// profile is "Trang cá nhân".
func (s *site) profile(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	p, err := s.Org.Profile(r.Context(), v.Officer.ID)
	if err != nil {
		return err
	}
	pg := s.page(r, v)
	b := pg.Base
	code := takeNotice(w, r)
	page := profilePage{page: pg, Done: notice(b, code), Differs: differs(b, code), Warnings: worthALook(b, code), Person: s.person(b, p, v.Posts), Meter: meterOf(b, p, pathEdit),
		Posts: postLines(b, v)}
	if code == noticeNotCompared {
		page.Trouble = b.T("office.profile.compare.failed")
	}
	if page.SignIns, err = s.signIns(r.Context(), v); err != nil {
		return err
	}
	return s.Web.Render(w, r, http.StatusOK, "profile", page)
}

func (s *site) signIns(ctx context.Context, v org.Visit) ([]signInLine, error) {
	all, err := s.Org.SignIns(ctx, v)
	if err != nil {
		return nil, err
	}
	var out []signInLine
	for _, one := range all[:min(len(all), signInsShown)] {
		out = append(out, signInLine{When: vn.DateTime(one.AuthTime), Device: web.DeviceWords(one.Agent), Place: s.placeWords(one.Address),
			This: one.ID == v.Session.ID || one.AuthTime.Equal(v.Session.AuthTime)})
	}
	return out, nil
}

// placeWords names the network of an address when somebody gave it a name.
func (s *site) placeWords(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || s.Place == nil {
		return ""
	}
	return s.Place(a.Unmap())
}

// meterOf counts a profile; path leads to the form, "" within it.
func meterOf(b web.Base, p org.Profile, path string) meter {
	done, of, lacking, advised := org.Completeness(p)
	m := meter{Done: done, Of: of}
	for _, f := range lacking {
		e := missing{b.T(boxLabels[boxOf[f]]), path + "#" + boxOf[f]}
		if f == org.FieldPhone && p.PendingPhone != "" {
			e = missing{b.T("office.profile.meter.phone"), pathPhone}
		}
		m.Missing = append(m.Missing, e)
	}
	for _, f := range advised {
		label := boxLabels[boxOf[f]]
		switch f {
		case org.FieldAvatar:
			label = "office.profile.meter.picture"
		case org.FieldReceiptAccount:
			label = "office.profile.meter.receipt"
		}
		m.Advised = append(m.Advised, missing{b.T(label), path + "#" + boxOf[f]})
	}
	return m
}

func (s *site) person(b web.Base, p org.Profile, posts []org.Post) person {
	out := person{ID: p.ID, Name: p.Name, Initials: initials(p.Name), Picture: p.Avatar, Sex: sexWord(b, p.Sex), Address: p.Address, Email: p.Email,
		Birth: vn.BirthDate(p.BirthDate), Number: groupNumber(p.Number), Phone: vn.NationalMobile(p.Phone), Certified: p.Certified,
		Pending: vn.NationalMobile(p.PendingPhone), Receipt: p.ReceiptAccount, ReceiptPassword: p.HasReceiptPassword,
		DefaultPage: pageWords(b, p.DefaultPage, posts)}
	if p.VerifiedAt != nil {
		out.Verified = vn.Date(*p.VerifiedAt)
	}
	if p.PhoneConfirmedAt != nil && p.Phone != "" {
		out.PhoneConfirmed = vn.Date(*p.PhoneConfirmedAt)
	}
	if p.ChangedAt != nil {
		out.Changed = vn.DateTime(*p.ChangedAt)
	}
	return out
}

func sexWord(b web.Base, sex vn.Sex) string {
	switch sex {
	case vn.Male:
		return b.T("office.profile.male")
	case vn.Female:
		return b.T("office.profile.female")
	}
	return ""
}

// groupNumber writes twelve digits in threes, as they stand on the card.
func groupNumber(digits string) string {
	if len(digits) != 12 {
		return digits
	}
	return digits[:3] + " " + digits[3:6] + " " + digits[6:9] + " " + digits[9:]
}

func postLines(b web.Base, v org.Visit) []postLine {
	out := make([]postLine, len(v.Posts))
	for i, p := range v.Posts {
		out[i] = postLineOf(b, p)
		out[i].Active = p.ID == v.Post.ID
	}
	return out
}

func postLineOf(b web.Base, p org.Post) postLine {
	l := postLine{ID: p.ID, Role: roleName(b.Lang, p.Role), From: vn.Date(p.From)}
	if p.UnitName != nil {
		l.Unit = *p.UnitName
	}
	if p.To != nil {
		// The end itself is excluded; people read the last day.
		l.To = vn.Date(p.To.Add(-time.Nanosecond))
	}
	return l
}

// pageWords names the default page.
func pageWords(b web.Base, choice string, posts []org.Post) string {
	for _, g := range org.Pages(posts) {
		for _, p := range g.Pages {
			if p.Value == choice {
				return b.T(pageNames[p.Key]) + ", " + postWords(b, g.Post)
			}
		}
	}
	return ""
}

func postWords(b web.Base, p org.Post) string {
	if p.UnitName == nil {
		return roleName(b.Lang, p.Role)
	}
	return roleName(b.Lang, p.Role) + ", " + *p.UnitName
}

var pageNames = map[org.PageKey]string{
	org.PageHome: "office.home.title", org.PageProfile: "office.profile.title", org.PageOfficers: "office.admin.officers",
	org.PageMachines: "office.machines.title", org.PageNumbers: "office.numbers.title",
}
