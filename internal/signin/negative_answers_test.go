package signin_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

// tokenRows: the token endpoint's answer.
func tokenRows() []negative {
	wrong, ref := signin.WrongAnswer, signin.Refused
	out := broken(signin.ProfileOIDC, "token")
	for name, c := range map[string]struct {
		change func(map[string]any)
		kind   signin.Kind
		reason string
	}{
		"id_token missing":                    {without("id_token"), wrong, "id_token_missing"},
		"id_token empty":                      {put("id_token", ""), wrong, "id_token_missing"},
		"id_token null":                       {put("id_token", nil), wrong, "id_token_missing"},
		"access_token missing":                {without("access_token"), wrong, "token_no_access_token"},
		"access_token empty":                  {put("access_token", ""), wrong, "token_no_access_token"},
		"access_token with a line break":      {put("access_token", "a\r\nX-Other: b"), wrong, "token_bad_access_token"},
		"access_token with a space":           {put("access_token", "access-a b"), wrong, "token_bad_access_token"},
		"access_token beyond ASCII":           {put("access_token", "access-é"), wrong, "token_bad_access_token"},
		"access_token with a NUL":             {put("access_token", "access-\x00"), wrong, "token_bad_access_token"},
		"access_token of another person":      {put("access_token", "access-of-another"), wrong, "id_token_at_hash"},
		"token_type missing":                  {without("token_type"), wrong, "token_type"},
		"token_type mac":                      {put("token_type", "mac"), wrong, "token_type"},
		"token_type DPoP":                     {put("token_type", "DPoP"), wrong, "token_type"},
		"token_type with a space":             {put("token_type", "Bearer "), wrong, "token_type"},
		"error in a good answer":              {put("error", "invalid_grant"), ref, "token_invalid_grant"},
		"error that is not quoted":            {put("error", "0900000001"), ref, "token_other_error"},
		"error as an object":                  {put("error", map[string]any{"message": "x"}), wrong, "token_not_json"},
		"ID token of another sign-in's nonce": {func(m map[string]any) { m["id_token"] = "eyJ.eyJ.AA" }, wrong, "id_token_signature"},
		"ID token and access token exchanged": {func(m map[string]any) { m["id_token"], m["access_token"] = m["access_token"], m["id_token"] }, wrong, "id_token_signature"},
		"names in capitals":                   {func(m map[string]any) { m["ACCESS_TOKEN"] = m["access_token"]; delete(m, "access_token") }, wrong, "token_no_access_token"},
		"names with capitals inside":          {func(m map[string]any) { m["idToken"] = m["id_token"]; delete(m, "id_token") }, wrong, "id_token_missing"},
		"access_token twice, in another case": {func(m map[string]any) { m["Access_Token"] = "access-evil" }, wrong, "token_not_json"},
		"everything one level down":           {func(m map[string]any) { all := maps.Clone(m); clear(m); m["data"] = all }, wrong, "token_no_access_token"},
	} {
		out = append(out, negative{name: "token: " + name, profile: signin.ProfileOIDC, set: tokens(c.change), kind: c.kind, reason: c.reason})
	}
	for _, member := range []string{"access_token", "token_type", "id_token"} {
		for _, typ := range []string{"a number", "true", "a list", "an object"} {
			out = append(out, negative{name: "token: " + member + " is " + typ, profile: signin.ProfileOIDC,
				set: tokens(put(member, jsonTypes[typ])), kind: wrong, reason: "token_not_json"})
		}
		out = append(out, negative{name: "token: " + member + " twice", profile: signin.ProfileOIDC,
			set:  answers("token", 200, "application/json", `{"`+member+`":"a","access_token":"access-x","token_type":"Bearer","id_token":"a.b.c"}`),
			kind: wrong, reason: "token_not_json"})
	}
	for _, code := range []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"} {
		out = append(out, negative{name: "token: error " + code, profile: signin.ProfileOIDC,
			set: answers("token", 400, "application/json", `{"error":"`+code+`","error_description":"eyJ"}`), kind: ref, reason: "token_" + code})
	}
	return append(out,
		negative{name: "token: status 400 without an error", profile: signin.ProfileOIDC, set: answers("token", 400, "application/json", `{}`), kind: wrong, reason: "token_status_400"},
		negative{name: "token: our secret is old", profile: signin.ProfileOIDC, settings: func(p *signin.Provider) { p.ClientSecret = func() string { return "old" } }, kind: ref, reason: "token_invalid_client"},
		negative{name: "token: our id is another's", profile: signin.ProfileOIDC, settings: func(p *signin.Provider) { p.ClientID = "other" }, kind: ref, reason: "token_invalid_client"},
		negative{name: "token: another way back is registered", profile: signin.ProfileOIDC, settings: func(p *signin.Provider) { p.RedirectURL += "/" }, kind: ref, reason: "token_invalid_grant"},
	)
}

// userinfoRows: who the provider says somebody is.
func userinfoRows() []negative {
	wrong := signin.WrongAnswer
	out := broken(signin.ProfileOIDC, "userinfo")
	for name, c := range map[string]struct {
		change func(map[string]any)
		reason string
	}{
		"sub of another":                  {put("sub", "subject-2"), "sub"},
		"sub missing":                     {without("sub"), "sub"},
		"sub empty":                       {put("sub", ""), "sub"},
		"sub null":                        {put("sub", nil), "sub"},
		"sub in capitals":                 {put("sub", "SUBJECT-1"), "sub"},
		"sub with a space":                {put("sub", " "+signintest.Subject), "sub"},
		"sub with a NUL":                  {put("sub", signintest.Subject+"\x00"), "sub"},
		"sub under another name":          {func(m map[string]any) { m["Sub"] = m["sub"]; delete(m, "sub") }, "sub"},
		"name missing":                    {without("name"), "name"},
		"name empty":                      {put("name", ""), "name"},
		"name of spaces":                  {put("name", " \t "), "name"},
		"name with a control character":   {put("name", "A\u0001B"), "name"},
		"name turned around":              {put("name", "A\u202eB"), "name"},
		"name with an invisible space":    {put("name", "A\u200bB"), "name"},
		"name too long":                   {put("name", strings.Repeat("ă", 130)), "name"},
		"number of 11 digits":             {put("national_id", "09919000001"), "number"},
		"number of 13 digits":             {put("national_id", "0991900000011"), "number"},
		"number with a letter":            {put("national_id", "09919000000a"), "number"},
		"number with a space inside":      {put("national_id", "099190 000001"), "number"},
		"number as a JSON number":         {put("national_id", 99190000001), "number"},
		"number in full-width digits":     {put("national_id", "０９９１９０００００１１"), "number"},
		"number negative":                 {put("national_id", "-99190000001"), "number"},
		"birth date 31 February":          {put("birthdate", "1950-02-31"), "birth_date"},
		"birth date month 13":             {put("birthdate", "1950-13-01"), "birth_date"},
		"birth date the other way round":  {put("birthdate", "19/05/1990"), "birth_date"},
		"birth date without dashes":       {put("birthdate", "19900519"), "birth_date"},
		"birth date with a time":          {put("birthdate", "1990-05-19T00:00:00Z"), "birth_date"},
		"birth year of the 17th century":  {put("birthdate", "1650"), "birth_date"},
		"birth date in words":             {put("birthdate", "hôm qua"), "birth_date"},
		"phone national":                  {put("phone_number", "0900000001"), "phone"},
		"phone with spaces":               {put("phone_number", "+84 900 000 001"), "phone"},
		"phone too long":                  {put("phone_number", "+8490000000100000"), "phone"},
		"phone with letters":              {put("phone_number", "+84900ABC001"), "phone"},
		"level a word":                    {put("account_level", "high"), "level"},
		"level of two digits":             {put("account_level", "22"), "level"},
		"level a fraction":                {put("account_level", 2.5), "level"},
		"level negative":                  {put("account_level", -1), "level"},
		"kind of account too long":        {put("account_type", strings.Repeat("x", 256)), "account_type"},
		"kind of account not to be shown": {put("account_type", "a\u0007"), "account_type"},
	} {
		out = append(out, negative{name: "userinfo: " + name, profile: signin.ProfileOIDC, set: person(c.change), kind: wrong, reason: "userinfo_" + c.reason})
	}
	for _, claim := range []string{"sub", "national_id", "NAME"} {
		out = append(out, negative{name: "userinfo: " + claim + " twice", profile: signin.ProfileOIDC,
			set: answers("userinfo", 200, "application/json", `{"`+claim+`":"x","sub":"subject-1","name":"A","national_id":"099190000001"}`), kind: wrong, reason: "userinfo_not_json"})
	}
	return out
}

// personTypeRows: claims about a person of the wrong type, in each profile.
func personTypeRows() (out []negative) {
	names := map[string]map[string]string{
		signin.ProfileOIDC:   {"number": "national_id", "name": "name", "birth_date": "birthdate", "sex": "gender", "phone": "phone_number", "level": "account_level", "account_type": "account_type"},
		signin.ProfileNPSP:   {"number": "SoDinhDanh", "name": "HoVaTen", "birth_date": "NgayThangNamSinh", "account_type": "LoaiTaiKhoan"},
		signin.ProfileDirect: {"name": "fullName", "birth_date": "birthDate", "level": "accountLevel", "account_type": "accountType"},
	}
	for profile, fields := range names {
		for field, claim := range fields {
			for _, typ := range []string{"true", "a list", "an object"} {
				out = append(out, negative{name: "userinfo: " + claim + " is " + typ, profile: profile, set: person(put(claim, jsonTypes[typ])),
					kind: signin.WrongAnswer, reason: "userinfo_" + field})
			}
		}
	}
	return out
}

// otherProfileRows: what is theirs alone of the two national profiles.
func otherProfileRows() (out []negative) {
	wrong := signin.WrongAnswer
	npsp, direct := signin.ProfileNPSP, signin.ProfileDirect
	add := func(profile, name, reason string, set func(*testing.T, *rig)) {
		out = append(out, negative{name: name, profile: profile, set: set, kind: wrong, reason: reason})
	}
	add(npsp, "userinfo of another person", "userinfo_sub", person(put("sub", "subject-2")))
	add(npsp, "userinfo without sub", "userinfo_sub", person(without("sub")))
	add(npsp, "userinfo with sub a number", "userinfo_sub", person(put("sub", 1)))
	add(npsp, "number of 9 digits", "userinfo_number", person(put("SoDinhDanh", "099190001")))
	add(npsp, "name missing", "userinfo_name", person(without("HoVaTen")))
	add(npsp, "birth date 19901305", "userinfo_birth_date", person(put("NgayThangNamSinh", "19901305")))
	add(npsp, "birth date cut off", "userinfo_birth_date", person(put("NgayThangNamSinh", "199005")))
	add(npsp, "ID token missing although keys are published", "id_token_missing", tokens(without("id_token")))
	add(npsp, "ID token of another issuer", "id_token_claims", claims(put("iss", "https://evil.example")))
	add(npsp, "ID token for another service", "id_token_claims", claims(put("aud", "other")))
	add(npsp, "ID token with another azp", "id_token_azp", claims(put("azp", "other")))
	add(npsp, "ID token with another nonce", "id_token_nonce", claims(put("nonce", "x")))
	add(npsp, "ID token without a nonce", "id_token_nonce", claims(without("nonce")))
	add(npsp, "ID token for another access token", "id_token_at_hash", claims(put("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")))
	add(npsp, "ID token over", "id_token_exp", claims(put("exp", 1)))
	add(npsp, "ID token with acr a list", "id_token_claims", claims(put("acr", []string{"LoA2"})))
	add(npsp, "keys gone", "keys_status_404", answers("keys", 404, "application/json", `{}`))
	out = append(out, negative{name: "iss missing where it is demanded", profile: npsp, settings: func(p *signin.Provider) { p.RequireIss = true }, kind: signin.MixUp, reason: "response_iss_missing"},
		negative{name: "iss of another", profile: npsp, query: queryAdd("iss=https%3A%2F%2Fevil.example"), kind: signin.MixUp, reason: "response_iss"},
		negative{name: "code of another sign-in (PKCE)", profile: npsp, query: func(_ *testing.T, r *rig, raw string) string {
			return query1("code", r.begin("/").Get("code"))(nil, r, raw)
		}, kind: signin.Refused, reason: "token_invalid_grant"},
		negative{name: "an encrypted answer to a profile without encryption", profile: npsp, set: answers("token", 200, "application/json", `{"data":"AA==","key":"AA=="}`), kind: wrong, reason: "token_no_access_token"})
	for _, endpoint := range []string{"token", "userinfo"} {
		out = append(out, broken(direct, endpoint)...)
	}
	add(direct, "number missing, which names the person", "userinfo_sub", person(without("citizenPid")))
	add(direct, "number empty", "userinfo_sub", person(put("citizenPid", "")))
	add(direct, "number null", "userinfo_sub", person(put("citizenPid", nil)))
	add(direct, "number a list", "userinfo_sub", person(put("citizenPid", []string{"099190000001"})))
	add(direct, "number an object", "userinfo_sub", person(put("citizenPid", map[string]any{})))
	add(direct, "number of 11 digits", "userinfo_number", person(put("citizenPid", "09919000001")))
	add(direct, "name missing", "userinfo_name", person(without("fullName")))
	add(direct, "birth date 30/02/1990", "userinfo_birth_date", person(put("birthDate", "30/02/1990")))
	add(direct, "birth date 05/19/1990", "userinfo_birth_date", person(put("birthDate", "05/19/1990")))
	add(direct, "level a word", "userinfo_level", person(put("accountLevel", "hai")))
	add(direct, "access token missing", "token_no_access_token", tokens(without("access_token")))
	add(direct, "access token with a line break", "token_bad_access_token", tokens(put("access_token", "a\r\nb")))
	add(direct, "access token a number", "token_not_json", tokens(put("access_token", 7)))
	add(direct, "token type mac", "token_type", tokens(put("token_type", "mac")))
	out = append(out, negative{name: "our secret is old", profile: direct, settings: func(p *signin.Provider) { p.ClientSecret = func() string { return "old" } }, kind: signin.Refused, reason: "token_invalid_client"},
		negative{name: "an encrypted error", profile: direct, set: tokens(put("error", "invalid_grant")), kind: signin.Refused, reason: "token_invalid_grant"})
	return out
}

// sealedRows: encrypted answers of every wrong shape, at each place where
// VNeID sends one.
func sealedRows() (out []negative) {
	direct := signin.ProfileDirect
	names := slices.Sorted(maps.Keys(brokenSeals))
	for _, name := range names {
		broken := brokenSeals[name]
		for _, endpoint := range []string{"token", "userinfo"} {
			out = append(out, negative{name: endpoint + " sealed: " + name, profile: direct, kind: signin.WrongAnswer, reason: endpoint + "_encrypted",
				set: func(_ *testing.T, r *rig) {
					r.op.Wrapped = func(e string, m map[string]any) {
						if e == endpoint {
							m["data"], m["key"] = broken([]byte(`{"access_token":"access-x","token_type":"Bearer"}`))
						}
					}
				}})
		}
	}
	wrapped := map[string]func(map[string]any){
		"data missing": without("data"), "key missing": without("key"), "data null": put("data", nil), "key null": put("key", nil),
		"data a number": put("data", 7), "key a number": put("key", 7), "data a list": put("data", []string{"AA=="}), "key an object": put("key", map[string]any{}),
		"data an object": put("data", map[string]any{"access_token": "access-x"}), "data true": put("data", true),
		"a member more": put("iv", "AAAA"), "an access token beside": put("access_token", "access-evil"), "an error beside": put("error", "invalid_grant"),
		"data twice, in another case": put("Data", "AAAA"),
		"data too long":               put("data", strings.Repeat("A", 100<<10)), "key too long": put("key", strings.Repeat("A", 2000)),
	}
	for name, change := range wrapped {
		for _, endpoint := range []string{"token", "userinfo"} {
			reason := endpoint + "_encrypted"
			if strings.Contains(name, "another case") {
				reason = endpoint + "_not_json"
			}
			out = append(out, negative{name: endpoint + " sealed: " + name, profile: direct, kind: signin.WrongAnswer, reason: reason, set: func(_ *testing.T, r *rig) {
				r.op.Wrapped = func(e string, m map[string]any) {
					if e == endpoint {
						change(m)
					}
				}
			}})
		}
	}
	// Opened, and still no answer.
	for name, inner := range map[string]string{
		"a list": `[]`, "a text": `"access-x"`, "null": `null`, "a firewall's page": waf, "cut off": `{"access_token":"acc`, "two objects": `{}{}`,
		"an object with more behind": `{} x`, "spaces": `   `, "a byte order mark": "\ufeff{}", "a member twice": `{"sub":"a","sub":"b"}`, "noise": "\x00\x01\x02\xff",
	} {
		for _, endpoint := range []string{"token", "userinfo"} {
			out = append(out, negative{name: endpoint + " opens to " + name, profile: direct, kind: signin.WrongAnswer, reason: endpoint + "_encrypted", set: func(_ *testing.T, r *rig) {
				r.op.Wrapped = func(e string, m map[string]any) {
					if e == endpoint {
						m["data"], m["key"] = signintest.Wrap([]byte(inner))
					}
				}
			}})
		}
	}
	return append(out, negative{name: "token sealed: an answer inside an answer", profile: direct, kind: signin.WrongAnswer, reason: "token_no_access_token", set: func(_ *testing.T, r *rig) {
		r.op.Wrapped = func(e string, m map[string]any) {
			if e == "token" {
				m["data"], m["key"] = signintest.Wrap([]byte(`{"data":"AA==","key":"AA=="}`))
			}
		}
	}}, negative{name: "token sealed: somebody else's answer to userinfo", profile: direct, kind: signin.WrongAnswer, reason: "token_no_access_token", set: func(_ *testing.T, r *rig) {
		r.op.Wrapped = func(e string, m map[string]any) {
			if e == "token" {
				m["data"], m["key"] = signintest.Wrap([]byte(`{"citizenPid":"099190000001","fullName":"A"}`))
			}
		}
	}})
}
