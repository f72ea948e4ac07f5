package signin

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"motcua/internal/clock"
)

// What these decoders accept is used: in statements, headers and pages. The
// targets hold them to the bounds that the rest of the package relies on.

func FuzzCallbackQuery(f *testing.F) {
	state := NewBrowserToken()
	for _, seed := range []string{
		"", "state=" + state + "&code=abc&iss=https%3A%2F%2Fid.example", "state=" + state + "&error=access_denied",
		"state=x&code=y", "code=a+b%2B", "state=1&state=2", "%zz", "a;b", "state=" + state + "&code=%00", "iss=&iss=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := decodeResponse(raw, false)
		if err != nil {
			if AsFailure(err) == nil {
				t.Fatalf("%T is no failure", err)
			}
			return
		}
		switch {
		case len(raw) > maxQuery, !ValidBrowserToken(r.state), (r.code == "") == (r.err == ""),
			len(r.code) > maxCode, r.iss != "" && !r.hasIss:
			t.Errorf("%q gave %+v", raw, r)
		}
		if e := errorResponse(r.err); r.err != "" && !knownErrors[AsFailure(e).Reason] && AsFailure(e).Reason != "other_error" {
			t.Errorf("the provider's own words in a reason: %q", AsFailure(e).Reason)
		}
	})
}

func FuzzTokenResponse(f *testing.F) {
	for _, seed := range []string{
		`{"access_token":"a","token_type":"Bearer","id_token":"x.y.z"}`, `{"error":"invalid_grant"}`, `{}`, `[]`, `null`, ``,
		`{"access_token":"a\r\nb","token_type":"bearer","id_token":"x"}`, `{"access_token":7}`, `<html>`, `{"error":"x","access_token":"a"}`,
	} {
		f.Add(http.StatusOK, []byte(seed))
		f.Add(http.StatusBadRequest, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		r, err := decodeTokenResponse(status, body, true)
		if err != nil {
			f := AsFailure(err)
			if f == nil || r != (tokenResponse{}) {
				t.Fatalf("%T with %+v", err, r)
			}
			if f.Err != nil {
				t.Errorf("the cause may quote a token: %v", f.Err)
			}
			return
		}
		if status != http.StatusOK || r.Error != "" || r.IDToken == "" || r.AccessToken == "" || !printable(r.AccessToken) {
			t.Errorf("%d %q gave %+v", status, body, r)
		}
	})
}

func FuzzUserinfo(f *testing.F) {
	for _, seed := range []string{
		`{"sub":"s","name":"Nguyễn Thị Thử","birthdate":"1990-05-19","gender":"female","phone_number":"+84900000001","national_id":"099190000001","account_level":2}`,
		`{"name":"A","account_level":"2","birthdate":"1950"}`, `{"name":" A  B "}`, `{"name":"\u202e"}`, `{}`, `null`, `{"name":["A"]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var claims map[string]json.RawMessage
		if json.Unmarshal(body, &claims) != nil {
			return
		}
		id, bad := mapClaims(claims, mapping{names: DefaultClaims})
		if bad != "" {
			if id != (Identity{}) {
				t.Errorf("refused for %s, yet gave %+v", bad, id)
			}
			return
		}
		for _, s := range []string{id.Number, id.Name, id.BirthDate, id.Sex, id.Phone, id.Level, id.AccountType} {
			if len(s) > maxShort || !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n") {
				t.Errorf("%q came through", s)
			}
		}
		if id.Name == "" || (id.Number != "" && len(id.Number) != 12) {
			t.Errorf("%+v", id)
		}
	})
}

func FuzzKeySet(f *testing.F) {
	for _, seed := range []string{
		`{"keys":[]}`, `{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`,
		`{"keys":null}`, `{"keys":[null]}`, `[]`, `{"keys":[{"kty":"oct","k":"AA"}]}`,
	} {
		f.Add([]byte(seed), "max-age=60")
	}
	f.Fuzz(func(t *testing.T, body []byte, cacheControl string) {
		if life := cacheLife([]string{cacheControl}); life < 0 || life > keyLife {
			t.Errorf("%q counts for %v", cacheControl, life)
		}
		k := &keySet{
			client: newClient(fixed(body)), timeout: time.Minute, clk: clock.NewManual(time.Unix(0, 0)),
			metadata: func(context.Context) (*metadata, error) { return &metadata{Keys: "https://id.example/keys"}, nil },
		}
		keys, err := k.ask(t.Context())
		if err != nil {
			return
		}
		for _, key := range keys {
			if !key.IsPublic() || len(keys) > maxKeys {
				t.Errorf("%d keys, %v", len(keys), key.KeyID)
			}
		}
		if _, err := k.VerifySignature(t.Context(), string(body)); err == nil {
			t.Error("a key set is no token")
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://id.example","authorization_endpoint":"https://id.example/a","token_endpoint":"https://id.example/t",
		"userinfo_endpoint":"https://id.example/u","jwks_uri":"https://id.example/k"}`))
	f.Add([]byte(`{"issuer":"https://id.example","authorization_endpoint":"javascript:x"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := &discovery{client: newClient(fixed(body)), issuer: "https://id.example", clk: clock.NewManual(time.Unix(0, 0)), timeout: time.Minute}
		m, err := d.ask(t.Context())
		if err != nil {
			return
		}
		for _, e := range []string{m.Authorization, m.Token, m.Userinfo, m.Keys} {
			if m.Issuer != d.issuer || (!strings.HasPrefix(origin(e), "https://") && !strings.HasPrefix(origin(e), "http://")) {
				t.Errorf("%+v", m)
			}
		}
	})
}

// fixed is a transport that always gives the same answer.
type fixed []byte

func (b fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: readCloser{strings.NewReader(string(b))}, Request: r}, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func FuzzLogoutBody(f *testing.F) {
	for _, seed := range []string{"", "logout_token=a.b.c", "logout_token=a&logout_token=b", "logout_token=%zz", "a=b;logout_token=c", "logout_token=" + strings.Repeat("x", maxIDToken+1)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		token, err := logoutToken(body)
		if err != nil && AsFailure(err) == nil {
			t.Fatalf("%T is no failure", err)
		}
		if (err == nil) != (token != "") || len(token) > maxIDToken {
			t.Errorf("%q gave %d bytes, %v", body, len(token), err)
		}
	})
}
