package oidcop_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/oidcop"
)

func FuzzEndSession(f *testing.F) {
	f.Add("id_token_hint=eyJhbGciOiJub25lIn0.e30.&post_logout_redirect_uri=" + url.QueryEscape(logoutURI))
	f.Add("client_id=cong&client_id=x&state=%ff")
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		r := fuzzRig(t)
		out, err := r.provider.EndSession(t.Context(), q, oidcop.Front{}, false)
		if _, refused := errors.AsType[*oidcop.RequestError](err); err != nil && !refused {
			t.Errorf("unexpected error %v", err)
		}
		if out.Redirect != "" {
			t.Errorf("without a valid hint the browser is sent to %q", out.Redirect)
		}
	})
}

func FuzzTokenRequest(f *testing.F) {
	f.Add("grant_type=authorization_code&code=x&redirect_uri=y&code_verifier=z", "Basic Y29uZzp4")
	f.Add("grant_type=refresh_token&refresh_token=%00", "Bearer x")
	f.Add("client_assertion=a.b.c&grant_type=authorization_code", "")
	f.Fuzz(func(t *testing.T, body, authorization string) {
		if strings.ContainsAny(authorization, "\r\n\x00") {
			return
		}
		r := fuzzRig(t)
		for path, handler := range map[string]http.HandlerFunc{"/token": r.provider.Token, "/userinfo": r.provider.Userinfo} {
			req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Authorization", authorization)
			answer := httptest.NewRecorder()
			handler(answer, req)
			if answer.Code < 400 || answer.Code > 499 {
				t.Errorf("%s answers %d", path, answer.Code)
			}
		}
	})
}
