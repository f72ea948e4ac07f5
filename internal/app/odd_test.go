package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
)

// What no page of ours sends is answered with a refusal, never as a fault of
// ours. PostgreSQL keeps neither NUL nor bytes that are no UTF-8.
func TestOddTextIsRefusedNotBroken(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		request := url.Values{"response_type": {"code"}, "client_id": {"portal"}, "redirect_uri": {a.Portal + "/dich-vu-cong/cong-dan/tro-ve"},
			"scope": {"openid"}, "state": {"s"}, "nonce": {"n"}, "login_hint": {"h"}, "acr_values": {"a"}, "ui_locales": {"vi"}, "id_token_hint": {"x"},
			"code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"}}
		signOut := url.Values{"client_id": {"portal"}, "id_token_hint": {"x"}, "state": {"s"}, "post_logout_redirect_uri": {a.Portal + "/da-dang-xuat"}}
		for _, route := range []struct {
			method, address string
			form            url.Values
		}{
			{"GET", a.ID + "/authorize", request},
			{"POST", a.ID + "/authorize", request},
			{"GET", a.ID + "/end_session", signOut},
			{"POST", a.ID + "/end_session", signOut},
			{"GET", a.ID + "/end_session", url.Values{"client_id": {"portal"}}},
			{"GET", a.ID + "/dang-nhap", url.Values{"yc": {""}}},
			{"POST", a.ID + "/dang-nhap", url.Values{"yc": {""}, "ten": {""}, "mk": {""}}},
			{"POST", a.ID + "/dang-nhap/huy", url.Values{"yc": {""}}},
			{"GET", a.ID + "/ma-otp", url.Values{"yc": {""}}},
			{"POST", a.ID + "/ma-otp", url.Values{"yc": {""}, "ma": {""}}},
			{"POST", a.ID + "/ma-otp/gui-lai", url.Values{"yc": {""}}},
			{"GET", a.ID + "/ma-otp/trang-thai", url.Values{"yc": {""}}},
			{"POST", a.ID + "/dat-mat-khau", url.Values{"ten": {"099084001258"}, "ma": {"x"}, "mk": {"x"}}},
			{"POST", a.ID + "/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {"portal"}, "client_secret": {"x"}, "code": {"x"}, "code_verifier": {"x"}, "redirect_uri": {"x"}}},
			{"POST", a.ID + "/userinfo", url.Values{"access_token": {"x"}}},
			{"GET", a.ID + "/sandbox/sms", url.Values{"phone": {"x"}}},
			{"GET", a.ID + "/ngon-ngu", url.Values{"lang": {"x"}, "ve": {"x"}}},
			{"GET", a.Portal + "/dich-vu-cong/cong-dan/dang-nhap", url.Values{"ve": {"x"}, "loi": {"x"}}},
			{"GET", a.Portal + "/dich-vu-cong/cong-dan/tro-ve", url.Values{"state": {"x"}, "code": {"x"}, "iss": {"x"}, "ui_locales": {"x"}}},
			{"GET", a.Portal + "/da-dang-xuat", url.Values{"state": {"x"}}},
		} {
			for name := range route.form {
				for _, odd := range []string{"\x00", "a\x00b", "\xff\xfe", "\x1b[31m\r\n"} {
					form := url.Values{}
					for k, v := range route.form {
						form[k] = v
					}
					form[name] = []string{odd}
					if status := oddRequest(t, route.method, route.address, form); status >= 500 {
						t.Errorf("%s %s with %s=%q: status %d", route.method, route.address, name, odd, status)
					}
				}
			}
		}
	})
}

func oddRequest(t *testing.T, method, address string, form url.Values) int {
	t.Helper()
	body := ""
	if method == http.MethodPost {
		body = form.Encode()
	} else {
		address += "?" + form.Encode()
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
