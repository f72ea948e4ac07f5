package signin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var (
	numberShape = regexp.MustCompile(`^[0-9]{12}$`)
	phoneShape  = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	levelShape  = regexp.MustCompile(`^[0-9]$`)
	yearShape   = regexp.MustCompile(`^(?:19|20|21)[0-9]{2}$`)
)

// userinfo asks who the person is. The subject must be the ID token's, or the
// answer may belong to somebody else (OpenID Connect Core §5.3.2).
func (p *oidcProfile) userinfo(ctx context.Context, m *metadata, accessToken, subject string) (Identity, error) {
	claims, err := p.askUserinfo(ctx, m, accessToken)
	if err != nil {
		return Identity{}, err
	}
	if sub, ok := member(claims, "sub"); !ok || sub != subject {
		return Identity{}, fail(WrongAnswer, "userinfo_sub", nil)
	}
	id, err := p.provider.identity(claims)
	if err == nil {
		id.Subject = subject // the signed one, whatever the settings call it
	}
	return id, err
}

// askUserinfo sends the access token where the server takes it.
func (p *oidcProfile) askUserinfo(ctx context.Context, m *metadata, accessToken string) (map[string]json.RawMessage, error) {
	if !p.provider.PostUserinfo {
		return p.client.getObject(ctx, "userinfo", m.Userinfo, accessToken)
	}
	req, err := http.NewRequest(http.MethodPost, m.Userinfo, strings.NewReader(url.Values{"access_token": {accessToken}}.Encode()))
	if err != nil {
		return nil, fail(WrongAnswer, "userinfo_address", nil)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := p.client.do(ctx, "userinfo", req)
	if err != nil {
		return nil, err
	}
	return objectOf("userinfo", a)
}

// identity reads who somebody is.
func (p Provider) identity(claims map[string]json.RawMessage) (Identity, error) {
	id, reason := mapClaims(claims, mapping{p.Claims, p.Levels, p.AccountTypes, p.Profile != ProfileOIDC})
	if reason == "" && (id.Subject == "" || len(id.Subject) > maxSubject || !storableText(id.Subject)) {
		reason = "sub"
	}
	if reason != "" {
		return Identity{}, fail(WrongAnswer, "userinfo_"+reason, nil)
	}
	id.Issuer = p.Issuer
	return id, nil
}

// mapping is how a provider's claims are read.
type mapping struct {
	names         Claims
	levels, types map[string]string
	// looseDates accepts the forms of dates that Vietnamese systems write.
	looseDates bool
}

// mapClaims reads the identity. What is absent stays empty; what is present
// must have its shape, because pages and later forms are filled with it.
func mapClaims(claims map[string]json.RawMessage, m mapping) (id Identity, bad string) {
	var sex string
	for _, f := range []struct {
		name, claim string
		to          *string
	}{{"sub", m.names.Subject, &id.Subject}, {"number", m.names.Number, &id.Number}, {"name", m.names.Name, &id.Name},
		{"birth_date", m.names.BirthDate, &id.BirthDate}, {"phone", m.names.Phone, &id.Phone}, {"level", m.names.Level, &id.Level},
		{"account_type", m.names.AccountType, &id.AccountType}, {"sex", m.names.Sex, &sex}} {
		s, ok := text(claims[f.claim])
		if !ok {
			return Identity{}, f.name
		}
		*f.to = s
	}
	id.Name = norm.NFC.String(strings.Join(strings.Fields(id.Name), " "))
	switch norm.NFC.String(strings.ToLower(sex)) {
	case "male", "nam":
		id.Sex = "male"
	case "female", "nữ":
		id.Sex = "female"
	}
	if m.looseDates {
		id.BirthDate = isoDate(id.BirthDate)
	}
	if m.levels != nil {
		id.Level = m.levels[id.Level]
	}
	if kind, ok := m.types[id.AccountType]; ok {
		id.AccountType = kind
	}

	switch {
	case id.Number != "" && !numberShape.MatchString(id.Number):
		return Identity{}, "number"
	case id.Name == "" || !presentable(id.Name):
		return Identity{}, "name"
	case id.BirthDate != "" && !birthDate(id.BirthDate):
		return Identity{}, "birth_date"
	case id.Phone != "" && !phoneShape.MatchString(id.Phone):
		return Identity{}, "phone"
	case id.Level != "" && !levelShape.MatchString(id.Level):
		return Identity{}, "level"
	case id.AccountType != "" && !presentable(id.AccountType):
		return Identity{}, "account_type"
	}
	return id, ""
}

// text reads a claim that is a string or a number (VNeID's level is seen as
// both). What is absent or null is ""; another type is no answer.
func text(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s), true
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String(), true
	}
	return "", false
}

// isoDate writes yyyyMMdd and dd/MM/yyyy as 2006-01-02; other texts stay.
func isoDate(s string) string {
	for _, form := range []string{"20060102", "02/01/2006", "02-01-2006"} {
		if t, err := time.Parse(form, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return s
}

func birthDate(s string) bool {
	if yearShape.MatchString(s) {
		return true
	}
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func presentable(s string) bool {
	return len(s) <= maxShort && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r)
	})
}
