package office

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"motcua/internal/i18n"
	"motcua/internal/org"
	"motcua/internal/sms"
	"motcua/internal/vn"
	"motcua/internal/web"
)

const pathMessages = "/hethong/quan-tri/tin-nhan"

// Boxes of the page of messages.
const (
	boxFrom = "tu"
	boxTo   = "toi"
	boxNote = "ghi-chu"
	// maxDays bounds a range: two years, as long as counts are kept.
	maxDays = 2 * 366
)

// messages is "Tin nhắn SMS": costs, providers, the switch.
func (s *site) messages(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := takeNotice(w, r)
	return s.showMessages(w, r, v, http.StatusOK, func(p *messagesPage) { p.Done = notice(p.Base, code) })
}

func (s *site) showMessages(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*messagesPage)) error {
	page := messagesPage{page: s.page(r, v), MaxNote: sms.MaxNote}
	today := s.Clock.Now().In(vn.Zone)
	page.From, page.To = today.Format("2006-01")+"-01", sms.Day(today)
	set(&page)
	if r.Method == http.MethodGet {
		page.readRange(r.URL.Query().Get(boxFrom), r.URL.Query().Get(boxTo))
	}
	if len(page.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if err := s.fillCosts(r, &page); err != nil {
		return err
	}
	if err := s.fillProviders(r, &page); err != nil {
		return err
	}
	return s.Web.Render(w, r, status, "messages", page)
}

func (p *messagesPage) readRange(from, to string) {
	for _, d := range []struct {
		typed string
		set   *string
		box   string
	}{{from, &p.From, boxFrom}, {to, &p.To, boxTo}} {
		if d.typed == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d.typed); err != nil {
			p.Faults = append(p.Faults, fault{d.box, p.T("office.messages.fault.day")})
			continue
		}
		*d.set = d.typed
	}
	first, _ := time.Parse(time.DateOnly, p.From)
	last, _ := time.Parse(time.DateOnly, p.To)
	if len(p.Faults) == 0 && (last.Before(first) || last.Sub(first) > maxDays*24*time.Hour) {
		p.Faults = append(p.Faults, fault{boxFrom, p.T("office.messages.fault.range")})
	}
}

// purposeWords name what messages are for; others show their code.
var purposeWords = map[string]string{
	"otp": "office.messages.for.otp", "lock_notice": "office.messages.for.lock", "phone_change": "office.messages.for.phone", "phone_notice": "office.messages.for.app",
	"qr_notice": "office.messages.for.qr", "qr_report": "office.messages.for.report", "account_notice": "office.messages.for.account",
	"password_change": "office.messages.for.password", "officer_phone": "office.messages.for.officer",
}

func (s *site) fillCosts(r *http.Request, p *messagesPage) error {
	if len(p.Faults) > 0 {
		return nil
	}
	list, err := s.SMS.Costs(r.Context(), p.From, p.To)
	if err != nil {
		return err
	}
	units, err := s.Org.UnitNames(r.Context())
	if err != nil {
		return err
	}
	var sum sms.Cost
	for _, c := range list {
		sum.Messages, sum.Parts, sum.Price, sum.Delivered, sum.Failed = sum.Messages+c.Messages, sum.Parts+c.Parts, sum.Price+c.Price, sum.Delivered+c.Delivered, sum.Failed+c.Failed
		line := costOf(c)
		line.Provider, line.Purpose, line.Unit = c.Provider, c.Purpose, p.T("office.messages.nounit")
		if key := purposeWords[c.Purpose]; key != "" {
			line.Purpose = p.T(key)
		}
		if c.Unit != "" {
			line.Unit = units[c.Unit]
		}
		p.Costs = append(p.Costs, line)
	}
	p.Sum = costOf(sum)
	return nil
}

func costOf(c sms.Cost) costLine {
	line := costLine{Messages: thousands(int64(c.Messages)), Parts: thousands(int64(c.Parts)), Price: thousands(c.Price), Failed: thousands(int64(c.Failed)), Share: "–"}
	if told := c.Delivered + c.Failed; told > 0 {
		line.Share = strconv.Itoa(c.Delivered*100/told) + " %"
	}
	return line
}

// thousands writes a number as it is written in Vietnam: 1.234.500.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && d != '-' && digits[i-1] != '-' && (len(digits)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func (s *site) fillProviders(r *http.Request, p *messagesPage) error {
	ctx := r.Context()
	out, err := s.SMS.Present(ctx)
	if err != nil {
		return err
	}
	p.Out, p.Declared, p.Note = out.Out, out.Out && out.Declared, out.Note
	if out.Out {
		p.Since = vn.DateTime(out.Since)
	}
	p.Shown = i18n.Text(p.Lang, "id.otp.out")
	used, limit, err := s.SMS.Daily(ctx)
	if err != nil {
		return err
	}
	p.Used = thousands(int64(used))
	if limit > 0 {
		p.Limit, p.UsedShare = thousands(int64(limit)), min(100, used*100/limit)
	}
	standings, err := s.SMS.Standings(ctx)
	if err != nil {
		return err
	}
	at := map[string]sms.Standing{}
	for _, one := range standings {
		at[one.Provider] = one
	}
	for _, t := range s.SMS.Tariffs() {
		line := providerOf(at[t.Provider], s.Clock.Now())
		line.Name, line.Price = t.Provider, thousands(t.Price)
		p.Providers = append(p.Providers, line)
		delete(at, t.Provider)
	}
	for _, one := range standings {
		if _, left := at[one.Provider]; left {
			line := providerOf(one, s.Clock.Now())
			line.Name = one.Provider
			p.Providers = append(p.Providers, line)
		}
	}
	return nil
}

func providerOf(one sms.Standing, now time.Time) providerLine {
	line := providerLine{Lines: one.Lines, Failures: one.Failures, Why: one.Why}
	if one.Failures > 0 {
		line.Until = vn.DateTime(one.Until)
		line.Resting = one.Until.After(now)
	}
	return line
}

// switchMessages declares SMS out of order, or takes that back.
func (s *site) switchMessages(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	by := clerk(v).By
	code := "het-su-co"
	var err error
	switch r.PostForm.Get("viec") {
	case "bao":
		note := strings.TrimSpace(r.PostForm.Get(boxNote))
		if len(note) > sms.MaxNote {
			return s.showMessages(w, r, v, http.StatusUnprocessableEntity, func(p *messagesPage) {
				p.Typed, p.Faults = note, []fault{{boxNote, p.T("office.messages.fault.note", sms.MaxNote)}}
			})
		}
		code, err = "bao-su-co", s.DeclareOut(r.Context(), by, note)
	case "het":
		_, err = s.ResumeSMS(r.Context(), by)
	default:
		err = errors.New("office: neither out of order nor again in order")
	}
	if err != nil {
		return err
	}
	leaveNotice(w, r, code)
	return web.Redirect(w, r, pathMessages)
}
