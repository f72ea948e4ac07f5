package id

import (
	"errors"
	"net/http"
	"strconv"
	"sync"

	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/qrcode"
	"motcua/internal/web"
)

// qrAnswer is what the sign-in page's script asks again and again.
type qrAnswer struct {
	State  string `json:"state"`
	SVG    string `json:"svg,omitempty"`
	Code   string `json:"code,omitempty"`
	Number string `json:"number,omitempty"`
	Left   int    `json:"left"`
	Renew  bool   `json:"renew"`
	Second bool   `json:"second"`
}

// over is the state of what is no more, or never was this browser's.
var over = qrAnswer{State: string(identity.Over)}

func qrPage(r *http.Request, wait oidcop.Waiting) identity.QRPage {
	return identity.QRPage{RequestID: wait.ID, Browser: mark(r, cookieBrowser), Source: web.ClientIP(r), Agent: web.DeviceWords(r.UserAgent()),
		ClientID: wait.Client.ID, Service: wait.Client.Name, ServiceEN: wait.Client.NameEN, SMSName: wait.Client.SMSName, Host: wait.Host}
}

// makeQR makes an attempt; a page that has one keeps it.
func (s *site) makeQR(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	id := r.PostForm.Get("yc")
	if !requestID.MatchString(id) {
		return web.JSON(w, r, http.StatusGone, over)
	}
	wait, err := s.Provider.Waiting(r.Context(), id, mark(r, cookieBrowser))
	if errors.Is(err, oidcop.ErrStale) || errors.Is(err, oidcop.ErrFinished) {
		return web.JSON(w, r, http.StatusGone, over)
	}
	if err != nil {
		return err
	}
	err = s.People.MakeQR(r.Context(), qrPage(r, wait))
	if tooMany, ok := errors.AsType[*identity.TooMany](err); ok {
		setRetryAfter(w, tooMany.Retry)
		_, body, _ := refusalOf(web.Lang(r), err)
		return web.JSON(w, r, http.StatusTooManyRequests, body)
	}
	if err != nil {
		return err
	}
	return s.answerQR(w, r, id)
}

// pollQR answers the page's script. It is asked every two seconds by every
// open page: one read, one picture, no line in the log.
func (s *site) pollQR(w http.ResponseWriter, r *http.Request) error {
	web.Quiet(r)
	return s.answerQR(w, r, r.URL.Query().Get("yc"))
}

func (s *site) answerQR(w http.ResponseWriter, r *http.Request, id string) error {
	if !requestID.MatchString(id) {
		return web.JSON(w, r, http.StatusNotFound, over)
	}
	v, err := s.People.QR(r.Context(), id, mark(r, cookieBrowser))
	if _, none := errors.AsType[*identity.Refusal](err); none {
		return web.JSON(w, r, http.StatusNotFound, over)
	}
	if err != nil {
		return err
	}
	buf := qrBuffers.Get().(*qrBuffer)
	if buf.svg = buf.svg[:0]; v.Text != "" {
		if buf.svg, err = qrcode.AppendSVG(buf.svg, v.Text); err != nil {
			return err
		}
	}
	buf.body = appendQR(buf.body[:0], v, buf.svg)
	return web.LateJSON(w, r, http.StatusOK, buf.body, func() { qrBuffers.Put(buf) })
}

// qrBuffer holds one answer while it is written: with thousands of pages that
// ask, the pictures would otherwise be most of the program's garbage.
type qrBuffer struct{ svg, body []byte }

var qrBuffers = sync.Pool{New: func() any { return new(qrBuffer) }}

// appendQR writes a qrAnswer as encoding/json would. State, code and number are
// words and digits; of what JSON escapes a picture has quotation marks alone.
func appendQR(b []byte, v identity.QRView, svg []byte) []byte {
	field := func(name, value string) {
		if value != "" {
			b = append(append(append(append(append(b, `,"`...), name...), `":"`...), value...), '"')
		}
	}
	b = append(append(append(b, `{"state":"`...), v.State...), '"')
	if len(svg) > 0 {
		b = append(b, `,"svg":"`...)
		for _, c := range svg {
			if c == '"' {
				b = append(b, '\\')
			}
			b = append(b, c)
		}
		b = append(b, '"')
	}
	field("code", v.Code)
	field("number", v.Number)
	b = append(b, `,"left":`...)
	b = strconv.AppendInt(b, int64(seconds(v.Left)), 10)
	b = append(b, `,"renew":`...)
	b = strconv.AppendBool(b, v.Renew)
	b = append(b, `,"second":`...)
	return append(strconv.AppendBool(b, v.Second), '}')
}

// collectQR ends a sign-in that was approved on a phone in the service's hands.
func (s *site) collectQR(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	wait, answered, err := s.waiting(w, r, r.PostForm.Get("yc"))
	if answered || err != nil {
		return err
	}
	out, err := s.Provider.CollectQR(r.Context(), oidcop.Collection{RequestID: wait.ID, Browser: mark(r, cookieBrowser), Replaced: mark(r, cookieSession),
		Agent: web.Agent(r), Address: web.ClientIP(r).String()})
	_, refused := errors.AsType[*identity.Refusal](err)
	switch {
	case refused:
		return web.Redirect(w, r, "/dang-nhap?yc="+wait.ID)
	case errors.Is(err, oidcop.ErrFinished), errors.Is(err, oidcop.ErrStale):
		return web.Redirect(w, r, wait.Client.SignInURL)
	case err != nil:
		return err
	}
	if out.Token != "" {
		web.SetCookie(w, r, cookieSession, out.Token, 0)
	}
	return s.onward(w, r, wait.ID, out.Redirect)
}

func (s *site) cancelQR(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	id := r.PostForm.Get("yc")
	if !requestID.MatchString(id) {
		return web.JSON(w, r, http.StatusNotFound, over)
	}
	if err := s.People.CancelQR(r.Context(), id, mark(r, cookieBrowser)); err != nil {
		return err
	}
	return web.JSON(w, r, http.StatusOK, qrAnswer{State: identity.QRCancelled})
}
