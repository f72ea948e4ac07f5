package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"motcua/internal/demo"
	"motcua/internal/oidcop"
	"motcua/internal/sms"
)

// troubles lets provider and carrier fail, and quote in their errors whatever
// they were given.
func (w *witness) troubles() {
	quoteSMS := func(m sms.Message) error { return fmt.Errorf("cannot deliver to %s: %s", m.To, m.Text) }
	for i, fault := range []func(sms.Message) error{quoteSMS, func(m sms.Message) error { return sms.Permanent(quoteSMS(m)) }} {
		w.Faults.SMS(func(m sms.Message) error {
			w.message(m.Text)
			return fault(m)
		})
		w.askCode(w.browser(), demo.Citizens[4+i], demo.CitizenPassword)
		w.Drain()
	}
	w.Faults.SMS(nil)
	for _, fault := range []string{"down", "echo", "html", "wire"} {
		h := w.browser()
		w.Clock.Advance(6 * time.Minute) // the portal's copy of the metadata ages
		if fault != "down" {
			w.askCode(h, demo.Citizens[6], demo.CitizenPassword)
		}
		w.Faults.Provider(w.broken(fault))
		if fault == "down" {
			h.Open(w.Portal + signInPath)
			h.See("Thử lại")
		} else {
			w.fill(h, "ma", "OTP typed", w.OTP(demo.Citizens[6].Phone))
			h.Press("Xác nhận")
		}
		w.Faults.Provider(w.overhear)
	}
}

// broken is a provider that fails in one way; where it can, it repeats the
// whole request in its answer.
func (w *witness) broken(how string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if how == "down" {
			return nil, errors.New("connection refused")
		}
		if r.URL.Path != oidcop.PathToken {
			return w.overhear(r, next)
		}
		said := w.request(r)
		answer := &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, ProtoMajor: 1, ProtoMinor: 1}
		switch how {
		case "wire":
			return nil, fmt.Errorf("write tcp: %s", said)
		case "html":
			answer.StatusCode = http.StatusInternalServerError
			answer.Header.Set("Content-Type", "text/html")
			answer.Body = io.NopCloser(strings.NewReader("<h1>" + said + "</h1>"))
		default:
			b, _ := json.Marshal(map[string]string{"error": said, "error_description": said})
			answer.Body = io.NopCloser(bytes.NewReader(b))
		}
		return answer, nil
	}
}

// crafted opens addresses that hold secrets, as leaks elsewhere would make
// browsers do.
func (w *witness) crafted() {
	h := w.browser()
	const stray = "Lạc vào địa chỉ 93kQ"
	w.keep("password", stray)
	q := url.Values{"mk": {stray}, "access_token": {stray}, "code": {stray}, "state": {stray}, "id_token_hint": {stray}, "token": {stray},
		"client_id": {stray}, "redirect_uri": {stray}, "ve": {"/" + stray}, "loi": {stray}, "yc": {stray}, "phone": {stray}}.Encode()
	for _, base := range []string{w.Portal, w.ID, w.Office} {
		for _, path := range []string{"/", "/" + url.PathEscape(stray), "/authorize", "/token", "/userinfo", "/end_session", "/dang-nhap", "/ma-otp",
			"/ma-otp/trang-thai", "/dat-mat-khau", signInPath, "/dich-vu-cong/cong-dan/tro-ve", "/da-dang-xuat", "/huong-dan/" + url.PathEscape(stray)} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				r, err := http.NewRequestWithContext(w.t.Context(), method, base+path+"?"+q, strings.NewReader(q+"&mk=%zz"+url.QueryEscape(stray)))
				if err != nil {
					w.t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("User-Agent", base64.StdEncoding.EncodeToString([]byte(stray)))
				r.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString([]byte(stray)))
				r.SetBasicAuth("portal", stray)
				h.client.Do(r)
			}
		}
	}
}
