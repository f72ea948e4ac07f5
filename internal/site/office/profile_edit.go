package office

import (
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"motcua/internal/i18n"
	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// maxSecret bounds the boxes of passwords, in characters: more than any rule
// of passwords allows, so that the rule answers and not the browser.
const maxSecret = 256

var editBounds = bounds{Name: org.MaxName, Address: org.MaxAddress, Email: org.MaxEmail, Number: vn.MaxIdentityInput, Phone: vn.MaxPhoneInput,
	Receipt: org.MaxReceiptAccount, Password: maxSecret}

// edit is the form "Cập nhật thông tin cá nhân" with what is stored.
func (s *site) edit(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	p, err := s.Org.Profile(r.Context(), v.Officer.ID)
	if err != nil {
		return err
	}
	page := s.editPage(r, v, p)
	page.Version, page.Name, page.Sex, page.Address, page.Email = p.Version, p.Name, string(p.Sex), p.Address, p.Email
	page.Number, page.Phone, page.Receipt = groupNumber(p.Number), vn.NationalMobile(p.Phone), p.ReceiptAccount
	if p.PendingPhone != "" {
		page.Phone = vn.NationalMobile(p.PendingPhone)
	}
	if len(p.BirthDate) == len("2006-01-02") {
		page.Year, page.Month, page.Day = p.BirthDate[:4], p.BirthDate[5:7], p.BirthDate[8:]
	}
	page.choose(p.DefaultPage)
	return s.Web.Render(w, r, http.StatusOK, "profile-edit", page)
}

// editPage is the form without what is typed into it.
func (s *site) editPage(r *http.Request, v org.Visit, p org.Profile) editPage {
	pg := s.page(r, v)
	b := pg.Base
	page := editPage{page: pg, Meter: meterOf(b, p, ""), Person: s.person(b, p, v.Posts), Bounds: editBounds}
	for _, g := range org.Pages(v.Posts) {
		group := choices{Label: postWords(b, g.Post)}
		for _, one := range g.Pages {
			group.Pages = append(group.Pages, choice{Value: one.Value, Label: b.T(pageNames[one.Key])})
		}
		page.Groups = append(page.Groups, group)
	}
	return page
}

func (p *editPage) choose(value string) {
	for _, g := range p.Groups {
		for i := range g.Pages {
			g.Pages[i].Selected = g.Pages[i].Value == value
		}
	}
}

// save stores the form, or shows it again with everything that was typed.
func (s *site) save(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	f := r.PostForm
	version, _ := strconv.ParseInt(f.Get("ban"), 10, 64)
	e := org.Edit{Version: version, Name: f.Get(boxName), Sex: f.Get(boxSex), Address: f.Get(boxAddress), Email: f.Get(boxEmail),
		Day: f.Get(boxBirth), Month: f.Get("thang"), Year: f.Get("nam"), Number: f.Get(boxNumber), Phone: f.Get(boxPhone),
		ReceiptAccount: f.Get(boxReceipt), ReceiptPassword: f.Get(boxSecret), ForgetReceipt: f.Get("bl-quen") != "",
		Draft: f.Get("anh-nhap"), NoPicture: f.Get("khong-anh") != "", DefaultPage: f.Get(boxPage), Password: f.Get(boxPassword)}
	picture, err := s.draft(r, v, &e)
	if err != nil {
		return err
	}
	saved, err := org.Saved{}, error(nil)
	if picture == "" {
		saved, err = s.Org.SaveProfile(r.Context(), v, e)
	}
	// Two tabs with the same words disagree about nothing.
	if c, ok := errors.AsType[*org.Conflict](err); ok && agreed(e, c) {
		e.Version = c.Version
		saved, err = s.Org.SaveProfile(r.Context(), v, e)
	}
	if err == nil && picture == "" {
		leaveNotice(w, r, afterSave(saved.Warnings))
		if saved.PhoneCode {
			return web.Redirect(w, r, pathPhone)
		}
		return web.Redirect(w, r, pathProfile)
	}
	return s.refused(w, r, v, e, picture, err)
}

// draft keeps a picture that came with the form, so that it need not be chosen
// again. It returns the key of a sentence about one that cannot be used.
func (s *site) draft(r *http.Request, v org.Visit, e *org.Edit) (string, error) {
	file := uploaded(r)
	if file == nil || e.NoPicture {
		return "", nil
	}
	if file.tooLarge {
		return "office.profile.picture.big", nil
	}
	id, err := s.Org.DraftAvatar(r.Context(), v, file.reader(), file.crop(r.PostForm))
	if many, ok := errors.AsType[*org.TooMany](err); ok && many != nil {
		return "office.profile.picture.busy", nil
	}
	for known, key := range pictureFaults {
		if errors.Is(err, known) {
			return key, nil
		}
	}
	if err == nil {
		e.Draft = id
	}
	return "", err
}

var pictureFaults = map[error]string{
	org.ErrPictureKind: "office.profile.picture.kind", org.ErrPictureSize: "office.profile.picture.big",
	org.ErrPicturePixels: "office.profile.picture.pixels", org.ErrPictureBroken: "office.profile.picture.broken",
	org.ErrPictureBusy: "office.profile.picture.busy",
}

// refused shows the form again, with what is wrong.
func (s *site) refused(w http.ResponseWriter, r *http.Request, v org.Visit, e org.Edit, picture string, err error) error {
	p, perr := s.Org.Profile(r.Context(), v.Officer.ID)
	if perr != nil {
		return perr
	}
	page := s.editPage(r, v, p)
	page.Version, page.Name, page.Sex, page.Address, page.Email = e.Version, e.Name, e.Sex, e.Address, e.Email
	page.Day, page.Month, page.Year, page.Number, page.Phone = e.Day, e.Month, e.Year, e.Number, e.Phone
	page.Receipt, page.NoPicture, page.Forget, page.Retype = e.ReceiptAccount, e.NoPicture, e.ForgetReceipt, e.ReceiptPassword != ""
	page.choose(e.DefaultPage)
	if picture != "" {
		page.Faults = append(page.Faults, fault{boxPicture, page.T(picture)})
	}
	status := http.StatusUnprocessableEntity
	switch {
	case err == nil:
	case errors.Is(err, org.ErrNeedPassword):
		page.ask("office.profile.password.missing")
	case errors.Is(err, org.ErrWrongPassword):
		page.ask("office.profile.password.wrong")
	default:
		faults, isFaults := errors.AsType[*org.Faults](err)
		conflicted, isConflict := errors.AsType[*org.Conflict](err)
		many, isMany := errors.AsType[*org.TooMany](err)
		switch {
		case isFaults:
			page.Faults = append(page.Faults, boxFaults(page.Base, faults, e.Number)...)
		case isConflict:
			page.Version, status = conflicted.Version, http.StatusConflict
			page.Conflict = s.conflict(page, v, e, conflicted)
		case isMany:
			page.ask("office.profile.password.toomany", i18n.Wait(page.Lang, many.Retry))
			status = http.StatusTooManyRequests
		default:
			return err
		}
	}
	if e.Password != "" && !page.AskPassword {
		page.AskPassword = true
		page.Faults = append(page.Faults, fault{boxPassword, page.T("office.profile.password.missing")})
	}
	slices.SortStableFunc(page.Faults, func(a, b fault) int { return slices.Index(guideOrder, a.Box) - slices.Index(guideOrder, b.Box) })
	if err := s.preview(r, v, &page, e.Draft); err != nil {
		return err
	}
	return s.Web.Render(w, r, status, "profile-edit", page)
}

func (p *editPage) ask(key string, args ...any) {
	p.AskPassword = true
	p.Faults = append(p.Faults, fault{boxPassword, p.T(key, args...)})
}

// preview shows a picture that waits for its form. One that waited too long is
// said to be gone.
func (s *site) preview(r *http.Request, v org.Visit, page *editPage, draft string) error {
	if draft == "" || page.NoPicture {
		return nil
	}
	jpeg, err := s.Org.AvatarDraft(r.Context(), v, draft)
	if errors.Is(err, org.ErrNoPicture) {
		return nil
	}
	if err != nil {
		return err
	}
	page.Draft, page.Preview = draft, template.URL("data:image/jpeg;base64,"+base64.StdEncoding.EncodeToString(jpeg))
	return nil
}

// agreed reports whether what somebody changed meanwhile is what was typed.
func agreed(e org.Edit, c *org.Conflict) bool {
	for _, f := range c.Fields {
		if !sameAsTyped(e, f) {
			return false
		}
	}
	return true
}

// sameAsTyped compares as people do: blanks and leading zeros do not count. A
// secret or a picture is never known to be the same.
func sameAsTyped(e org.Edit, c org.Changed) bool {
	switch c.Field {
	case org.FieldName:
		return strings.TrimSpace(e.Name) == c.Now
	case org.FieldSex:
		return e.Sex == c.Now
	case org.FieldAddress:
		return strings.Join(strings.Fields(e.Address), " ") == c.Now
	case org.FieldEmail:
		return strings.TrimSpace(e.Email) == c.Now
	case org.FieldBirthDate:
		parts := strings.Split(c.Now, "/")
		zeros := func(s string) string { return strings.TrimLeft(strings.TrimSpace(s), "0") }
		return len(parts) == 3 && zeros(parts[0]) == zeros(e.Day) && zeros(parts[1]) == zeros(e.Month) && parts[2] == strings.TrimSpace(e.Year)
	case org.FieldNumber:
		n, err := vn.ParseIdentityNumber(e.Number)
		return err == nil && n.Digits() == c.Now
	case org.FieldPhone:
		phone, err := vn.ParseMobile(e.Phone)
		return err == nil && vn.NationalMobile(phone) == c.Now
	case org.FieldReceiptAccount:
		return strings.TrimSpace(e.ReceiptAccount) == c.Now
	case org.FieldDefaultPage:
		return e.DefaultPage == c.Now
	}
	return false
}

// conflict says what somebody changed meanwhile, beside what was typed.
func (s *site) conflict(page editPage, v org.Visit, e org.Edit, c *org.Conflict) *conflict {
	out := &conflict{By: c.By, At: c.At}
	switch {
	case c.Self:
		out.By = page.T("office.profile.conflict.you")
	case c.By == "":
		out.By = page.T("office.profile.conflict.other")
	}
	typed := map[org.Field]string{org.FieldName: e.Name, org.FieldSex: sexWord(page.Base, vn.Sex(e.Sex)), org.FieldAddress: e.Address,
		org.FieldBirthDate: e.Day + "/" + e.Month + "/" + e.Year, org.FieldEmail: e.Email, org.FieldNumber: e.Number, org.FieldPhone: e.Phone,
		org.FieldReceiptAccount: e.ReceiptAccount, org.FieldDefaultPage: pageWords(page.Base, e.DefaultPage, v.Posts)}
	for _, f := range c.Fields {
		if sameAsTyped(e, f) {
			continue
		}
		now := f.Now
		switch f.Field {
		case org.FieldSex:
			now = sexWord(page.Base, vn.Sex(now))
		case org.FieldNumber:
			now = groupNumber(now)
		case org.FieldDefaultPage:
			now = pageWords(page.Base, now, v.Posts)
		}
		mine, shown := typed[f.Field]
		if !shown {
			now, mine = page.T("office.profile.conflict.hidden"), ""
		}
		out.Changed = append(out.Changed, change{Label: page.T(boxLabels[boxOf[f.Field]]), Href: "#" + boxOf[f.Field],
			Now: orEmpty(page.Base, now), Mine: orEmpty(page.Base, mine)})
	}
	return out
}

func orEmpty(b web.Base, s string) string {
	if s == "" {
		return b.T("office.profile.conflict.empty")
	}
	return s
}
