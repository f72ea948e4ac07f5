package signin_test

import (
	"net/url"
	"strings"
	"testing"

	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

// responseRows: what the browser brings back.
func responseRows() []negative {
	const p = signin.ProfileOIDC
	wrong, mix, ref, exp := signin.WrongAnswer, signin.MixUp, signin.Refused, signin.Expired
	out := []negative{
		{name: "state missing", query: queryDel("state"), kind: wrong, reason: "response_no_state"},
		{name: "state empty", query: query1("state", ""), kind: wrong, reason: "response_no_state"},
		{name: "state of nobody", query: query1("state", signin.NewBrowserToken()), kind: exp, reason: "state_unknown"},
		{name: "state too short", query: query1("state", "abc"), kind: exp, reason: "state_unknown"},
		{name: "state with a letter more", query: func(_ *testing.T, _ *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			q.Set("state", q.Get("state")+"A")
			return q.Encode()
		}, kind: exp, reason: "state_unknown"},
		{name: "state in other case", query: func(_ *testing.T, _ *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			q.Set("state", strings.ToUpper(q.Get("state")))
			return q.Encode()
		}, kind: exp, reason: "state_unknown"},
		{name: "state with a NUL", query: query1("state", "\x00"), kind: exp, reason: "state_unknown"},
		{name: "state as SQL", query: query1("state", "' OR 1=1 --"), kind: exp, reason: "state_unknown"},
		{name: "state twice", query: func(_ *testing.T, _ *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			return raw + "&state=" + q.Get("state")
		}, kind: wrong, reason: "response_repeated"},
		{name: "another state first", query: func(_ *testing.T, _ *rig, raw string) string { return "state=" + signin.NewBrowserToken() + "&" + raw }, kind: wrong, reason: "response_repeated"},
		{name: "code missing", query: queryDel("code"), kind: wrong, reason: "response_shape"},
		{name: "code empty", query: query1("code", ""), kind: wrong, reason: "response_shape"},
		{name: "code twice", query: queryAdd("code=other"), kind: wrong, reason: "response_repeated"},
		{name: "code too long", query: query1("code", strings.Repeat("c", 4<<10+1)), kind: wrong, reason: "response_code"},
		{name: "code with a line break", query: query1("code", "a\r\nb"), kind: wrong, reason: "response_code"},
		{name: "code with a NUL", query: query1("code", "a\x00b"), kind: wrong, reason: "response_code"},
		{name: "code beyond ASCII", query: query1("code", "mã"), kind: wrong, reason: "response_code"},
		{name: "code that is not UTF-8", query: query1("code", "\xff\xfe"), kind: wrong, reason: "response_code"},
		{name: "code of nobody", query: query1("code", "made-up"), kind: ref, reason: "token_invalid_grant"},
		{name: "code used before", query: func(t *testing.T, r *rig, raw string) string {
			// The same code under a new state: a stolen one, put in.
			q, _ := url.ParseQuery(raw)
			if _, err := r.come(raw); err != nil {
				t.Fatal(err)
			}
			q.Set("state", query(t, r.start(signin.Request{ReturnTo: "/a"})).Get("state"))
			return q.Encode()
		}, kind: ref, reason: "token_invalid_grant"},
		{name: "code of another browser's sign-in", query: func(t *testing.T, r *rig, raw string) string {
			// Injected: fresh and unused, but made for another challenge.
			q, _ := url.ParseQuery(raw)
			own := r.browser
			r.browser = signin.NewBrowserToken()
			other := r.begin("/")
			r.browser = own
			q.Set("code", other.Get("code"))
			return q.Encode()
		}, kind: ref, reason: "token_invalid_grant"},
		{name: "code of the tab beside", query: func(t *testing.T, r *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			q.Set("code", r.begin("/").Get("code"))
			return q.Encode()
		}, kind: ref, reason: "token_invalid_grant"},
		{name: "code and error together", query: queryAdd("error=access_denied"), kind: wrong, reason: "response_shape"},
		{name: "neither code nor error", query: func(_ *testing.T, _ *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			return url.Values{"state": q["state"], "iss": q["iss"]}.Encode()
		}, kind: wrong, reason: "response_shape"},
		{name: "error twice", query: func(_ *testing.T, _ *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			q.Del("code")
			q["error"] = []string{"access_denied", "server_error"}
			return q.Encode()
		}, kind: wrong, reason: "response_repeated"},
		{name: "a token in place of a code", query: func(_ *testing.T, _ *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			q.Del("code")
			q.Set("access_token", "access-x")
			q.Set("id_token", "a.b.c")
			return q.Encode()
		}, kind: wrong, reason: "response_shape"},
		{name: "iss missing", query: queryDel("iss"), kind: mix, reason: "response_iss_missing"},
		{name: "iss empty", query: query1("iss", ""), kind: mix, reason: "response_iss"},
		{name: "iss of another", query: query1("iss", "https://evil.example"), kind: mix, reason: "response_iss"},
		{name: "iss twice", query: queryAdd("iss=https%3A%2F%2Fevil.example"), kind: wrong, reason: "response_repeated"},
		{name: "iss is our own address", query: query1("iss", "http://localhost:8080"), kind: mix, reason: "response_iss"},
		{name: "query that cannot be read", query: queryAdd("x=%zz"), kind: wrong, reason: "response_query"},
		{name: "query with a semicolon", query: queryAdd("a=1;b=2"), kind: wrong, reason: "response_query"},
		{name: "query too long", query: queryAdd("x=" + strings.Repeat("y", 8<<10)), kind: wrong, reason: "response_oversized"},
		{name: "query empty", query: func(*testing.T, *rig, string) string { return "" }, kind: wrong, reason: "response_no_state"},
		{name: "names in capitals", query: func(_ *testing.T, _ *rig, raw string) string {
			return strings.NewReplacer("state=", "STATE=", "code=", "CODE=").Replace(raw)
		}, kind: wrong, reason: "response_no_state"},
		{name: "names as lists", query: func(_ *testing.T, _ *rig, raw string) string {
			return strings.NewReplacer("state=", "state[]=", "code=", "code[]=").Replace(raw)
		}, kind: wrong, reason: "response_no_state"},
		{name: "encoded twice", query: func(_ *testing.T, _ *rig, raw string) string { return url.QueryEscape(raw) }, kind: wrong, reason: "response_no_state"},
		{name: "encrypt_key twice", query: queryAdd("encrypt_key=a&encrypt_key=b"), kind: wrong, reason: "response_repeated"},
		{name: "replayed whole", query: func(t *testing.T, r *rig, raw string) string {
			if _, err := r.come(raw); err != nil {
				t.Fatal(err)
			}
			return raw
		}, kind: signin.Replayed, reason: "state_used"},
		{name: "replayed after a failure", query: func(t *testing.T, r *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			q.Set("code", "wrong")
			_, _ = r.come(q.Encode())
			return raw
		}, kind: signin.Replayed, reason: "state_used"},
		{name: "another browser", query: func(_ *testing.T, r *rig, raw string) string { r.browser = signin.NewBrowserToken(); return raw }, kind: signin.WrongBrowser, reason: "browser"},
		{name: "a browser without its cookie", query: func(_ *testing.T, r *rig, raw string) string { r.browser = ""; return raw }, kind: signin.WrongBrowser, reason: "browser"},
		{name: "a browser with half its cookie", query: func(_ *testing.T, r *rig, raw string) string { r.browser = r.browser[:20]; return raw }, kind: signin.WrongBrowser, reason: "browser"},
		{name: "too late", query: func(_ *testing.T, r *rig, raw string) string { r.clk.Advance(signin.TransactionLife); return raw }, kind: exp, reason: "transaction_expired"},
		{name: "days too late", query: func(t *testing.T, r *rig, raw string) string {
			r.clk.Advance(signin.BrowserTokenLife + signin.TransactionLife)
			if err := r.s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			return raw
		}, kind: exp, reason: "state_unknown"},
	}
	// An issuer that is nearly ours: compared character by character.
	for name, near := range map[string]func(string) string{
		"with a slash more":    func(s string) string { return s + "/" },
		"in capitals":          strings.ToUpper,
		"with a path":          func(s string) string { return s + "/realms/x" },
		"with a query":         func(s string) string { return s + "?" },
		"with a fragment":      func(s string) string { return s + "#" },
		"with a space":         func(s string) string { return s + " " },
		"with a NUL":           func(s string) string { return s + "\x00" },
		"with a user":          func(s string) string { return strings.Replace(s, "//", "//a@", 1) },
		"under https":          func(s string) string { return strings.Replace(s, "http:", "https:", 1) },
		"under a longer host":  func(s string) string { return s + ".evil.example" },
		"without its last one": func(s string) string { return s[:len(s)-1] },
	} {
		out = append(out, negative{name: "iss " + name, query: func(_ *testing.T, r *rig, raw string) string {
			q, _ := url.ParseQuery(raw)
			q.Set("iss", near(r.op.Issuer()))
			return q.Encode()
		}, kind: mix, reason: "response_iss"}, negative{name: "iss " + name + " in the ID token", set: func(_ *testing.T, r *rig) {
			r.op.Claims = put("iss", near(r.op.Issuer()))
		}, kind: wrong, reason: "id_token_claims"})
	}
	// Error responses: the provider's words never come through.
	for code, want := range map[string]signin.Kind{
		"access_denied": signin.Cancelled, "server_error": signin.Down, "temporarily_unavailable": signin.Down,
		"invalid_request": ref, "unauthorized_client": ref, "unsupported_response_type": ref, "invalid_scope": ref,
		"interaction_required": ref, "login_required": ref, "account_selection_required": ref, "consent_required": ref,
		"request_not_supported": ref, "request_uri_not_supported": ref,
	} {
		out = append(out, negative{name: "error " + code, query: asError(code), kind: want, reason: code})
	}
	out = append(out, negative{name: "error nobody knows", query: asError("<script>"), kind: ref, reason: "other_error"},
		negative{name: "error from another provider", query: func(t *testing.T, r *rig, raw string) string {
			q, _ := url.ParseQuery(asError("access_denied")(t, r, raw))
			q.Set("iss", "https://evil.example")
			return q.Encode()
		}, kind: mix, reason: "response_iss"},
		negative{name: "error without iss", query: func(t *testing.T, r *rig, raw string) string {
			return queryDel("iss")(t, r, asError("access_denied")(t, r, raw))
		}, kind: mix, reason: "response_iss_missing"},
		negative{name: "error without state", query: func(t *testing.T, r *rig, raw string) string {
			return queryDel("state")(t, r, asError("access_denied")(t, r, raw))
		}, kind: wrong, reason: "response_no_state"})
	for i := range out {
		out[i].profile = p
	}
	return out
}

// directResponseRows: the same for the encrypted code, where it differs.
func directResponseRows() []negative {
	wrong, ref := signin.WrongAnswer, signin.Refused
	raw1 := func(change func(code, key string) string) func(*testing.T, *rig, string) string {
		return func(_ *testing.T, _ *rig, raw string) string {
			q, _ := url.ParseQuery(strings.ReplaceAll(raw, "+", "%2B"))
			return "state=" + q.Get("state") + "&" + change(q.Get("code"), q.Get("encrypt_key"))
		}
	}
	out := []negative{
		{name: "encrypt_key missing", query: raw1(func(c, _ string) string { return "code=" + c }), kind: ref, reason: "code_encrypted"},
		{name: "encrypt_key twice", query: queryAdd("encrypt_key=AAAA"), kind: wrong, reason: "response_repeated"},
		{name: "encrypt_key too long", query: raw1(func(c, _ string) string { return "code=" + c + "&encrypt_key=" + strings.Repeat("A", 1000) }), kind: wrong, reason: "response_oversized"},
		{name: "code twice", query: queryAdd("code=AAAA"), kind: wrong, reason: "response_repeated"},
		{name: "code in clear", query: raw1(func(_, k string) string { return "code=plain-code&encrypt_key=" + k }), kind: ref, reason: "code_encrypted"},
		{name: "code missing", query: raw1(func(_, k string) string { return "encrypt_key=" + k }), kind: wrong, reason: "response_shape"},
		{name: "code and key exchanged", query: raw1(func(c, k string) string { return "code=" + k + "&encrypt_key=" + c }), kind: ref, reason: "code_encrypted"},
		{name: "plus read as a space", query: func(_ *testing.T, _ *rig, raw string) string { return strings.ReplaceAll(raw, "+", "%20") }, kind: ref, reason: "code_encrypted"},
		{name: "base64url in place of base64", query: func(_ *testing.T, _ *rig, raw string) string {
			return strings.NewReplacer("+", "-", "/", "_").Replace(raw)
		}, kind: ref, reason: "code_encrypted"},
		{name: "key of another sign-in", query: func(t *testing.T, r *rig, raw string) string {
			_, key := signintest.Wrap([]byte("x"))
			i := strings.Index(raw, "&encrypt_key=")
			return raw[:i] + "&encrypt_key=" + key
		}, kind: ref, reason: "code_encrypted"},
		{name: "code of another sign-in with its key", query: func(t *testing.T, r *rig, raw string) string {
			other := r.op.GrantRaw(r.start(signin.Request{}))
			state := raw[:strings.Index(raw, "&")]
			rest := other[strings.Index(other, "&"):]
			if _, err := r.come(other); err != nil {
				t.Fatal(err)
			}
			return state + rest // used up by its owner
		}, kind: ref, reason: "token_invalid_grant"},
		{name: "iss of another", query: queryAdd("iss=https%3A%2F%2Fevil.example"), kind: signin.MixUp, reason: "response_iss"},
		{name: "iss missing where it is demanded", settings: func(p *signin.Provider) { p.RequireIss = true }, kind: signin.MixUp, reason: "response_iss_missing"},
		{name: "state of another browser", query: func(_ *testing.T, r *rig, raw string) string { r.browser = signin.NewBrowserToken(); return raw }, kind: signin.WrongBrowser, reason: "browser"},
		{name: "replayed whole", query: func(t *testing.T, r *rig, raw string) string {
			if _, err := r.come(raw); err != nil {
				t.Fatal(err)
			}
			return raw
		}, kind: signin.Replayed, reason: "state_used"},
		{name: "query too long", query: queryAdd("x=" + strings.Repeat("y", 8<<10)), kind: wrong, reason: "response_oversized"},
		{name: "cancelled", query: func(_ *testing.T, _ *rig, raw string) string {
			return raw[:strings.Index(raw, "&")] + "&error=access_denied"
		}, kind: signin.Cancelled, reason: "access_denied"},
		{name: "too late", query: func(_ *testing.T, r *rig, raw string) string { r.clk.Advance(signin.TransactionLife); return raw }, kind: signin.Expired, reason: "transaction_expired"},
	}
	for i := range out {
		out[i].profile = signin.ProfileDirect
	}
	return out
}

// levelRows: an account below what was demanded gets nobody in (RP-08).
func levelRows() []negative {
	low := person(func(m map[string]any) {
		for _, name := range []string{"account_level", "accountLevel"} {
			if _, ok := m[name]; ok {
				m[name] = 1
			}
		}
	})
	none := person(func(m map[string]any) { delete(m, "account_level"); delete(m, "accountLevel") })
	out := []negative{
		{name: "level 1 where the service demands 2", profile: signin.ProfileOIDC, set: low, settings: func(p *signin.Provider) { p.MinLevel = "2" }},
		{name: "level 1 where the page demands 2", profile: signin.ProfileOIDC, set: low, request: signin.Request{MinLevel: "2"}},
		{name: "level unknown where the page demands 2", profile: signin.ProfileOIDC, set: none, request: signin.Request{MinLevel: "2"}},
		{name: "level zero where the page demands 2", profile: signin.ProfileOIDC, set: person(put("account_level", "0")), request: signin.Request{MinLevel: "2"}},
		{name: "level 1 where the page demands 2", profile: signin.ProfileDirect, set: low, request: signin.Request{MinLevel: "2"}},
		{name: "level unknown where the page demands 2", profile: signin.ProfileDirect, set: none, request: signin.Request{MinLevel: "2"}},
		{name: "LoA1 where the page demands 2", profile: signin.ProfileNPSP, set: claims(put("acr", "LoA1")), request: signin.Request{MinLevel: "2"}},
		{name: "no LoA where the page demands 2", profile: signin.ProfileNPSP, set: claims(without("acr")), request: signin.Request{MinLevel: "2"}},
		{name: "LoA9 is none of ours", profile: signin.ProfileNPSP, set: claims(put("acr", "LoA9")), request: signin.Request{MinLevel: "2"}},
		{name: "LoA2 that userinfo claims and the token does not", profile: signin.ProfileNPSP, request: signin.Request{MinLevel: "2"},
			set: func(_ *testing.T, r *rig) { r.op.Claims, r.op.Person = put("acr", "LoA1"), put("acr", "LoA2") }},
	}
	for i := range out {
		out[i].kind, out[i].reason = signin.LevelTooLow, "level"
	}
	return out
}
