package signin

import (
	"context"
	"encoding/json"
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
	var claims map[string]json.RawMessage
	if _, err := p.client.getJSON(ctx, "userinfo", m.Userinfo, accessToken, &claims); err != nil {
		return Identity{}, err
	}
	var sub string
	if json.Unmarshal(claims["sub"], &sub) != nil || sub != subject {
		return Identity{}, fail(WrongAnswer, "userinfo_sub", nil)
	}
	id, reason := mapClaims(claims, p.provider.Claims)
	if reason != "" {
		return Identity{}, fail(WrongAnswer, "userinfo_"+reason, nil)
	}
	id.Issuer, id.Subject = p.provider.Issuer, subject
	return id, nil
}

// mapClaims reads the identity. What is absent stays empty; what is present
// must have its shape, because pages and later forms are filled with it.
func mapClaims(claims map[string]json.RawMessage, names Claims) (id Identity, bad string) {
	id.Number = text(claims[names.Number])
	id.Name = norm.NFC.String(strings.Join(strings.Fields(text(claims[names.Name])), " "))
	id.BirthDate = text(claims[names.BirthDate])
	id.Phone = text(claims[names.Phone])
	id.Level = text(claims[names.Level])
	id.AccountType = text(claims[names.AccountType])
	switch s := strings.ToLower(text(claims[names.Sex])); s {
	case "male", "nam":
		id.Sex = "male"
	case "female", "nữ":
		id.Sex = "female"
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
// both); anything else is as good as absent.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s)
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
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
