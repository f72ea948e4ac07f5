package signin

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The profiles, as the configuration names them (RP-01).
const (
	// ProfileOIDC is any OpenID Provider with discovery.
	ProfileOIDC = "oidc"
	// ProfileNPSP is the National Public Service Portal's sign-in, a WSO2
	// Identity Server: OpenID Connect at fixed addresses, with claims under
	// Vietnamese names.
	ProfileNPSP = "npsp-wso2"
	// ProfileDirect is the direct way to VNeID: OAuth 2.0 whose code and
	// answers are encrypted for us, without ID token, nonce or PKCE.
	ProfileDirect = "vneid-direct"
)

// Profiles lists them in the order in which they are shown.
var Profiles = []string{ProfileOIDC, ProfileNPSP, ProfileDirect}

// NoKeys as Endpoints.Keys says that the provider publishes no keys: its ID
// token is then not looked at, and who somebody is comes from userinfo alone,
// which we fetch from the provider itself.
const NoKeys = "none"

// Endpoints are a provider's addresses where it has no discovery. Empty ones
// take the profile's usual place below the issuer.
type Endpoints struct {
	Authorization, Token, Userinfo, Keys, EndSession string
}

// EncryptedKeyBits are the lengths of an AES key.
var EncryptedKeyBits = []int{128, 192, 256}

// DefaultKeyBits is the length that ProfileDirect expects unless told.
const DefaultKeyBits = 256

// minKeyBits and maxKeyBits bound our own RSA key: shorter ones are too weak,
// longer ones cost too much for each answer.
const (
	minKeyBits = 2048
	maxKeyBits = 4096
)

// CheckKey says what is wrong with a private key for ProfileDirect.
func CheckKey(k *rsa.PrivateKey) error {
	switch {
	case k == nil:
		return errors.New("no private key")
	case k.N.BitLen() < minKeyBits || k.N.BitLen() > maxKeyBits:
		return fmt.Errorf("the private key has %d bits, not %d to %d", k.N.BitLen(), minKeyBits, maxKeyBits)
	}
	return k.Validate()
}

// defaults of a profile: what is not known for certain of the ministry's
// servers is here, so that a setting can replace it.
type defaults struct {
	scopes    []string
	claims    Claims
	levels    map[string]string
	acr       map[string]string
	endpoints func(base string) Endpoints
}

var profileDefaults = map[string]defaults{
	ProfileOIDC: {scopes: DefaultScopes, claims: DefaultClaims},
	ProfileNPSP: {
		scopes: []string{"openid"},
		claims: Claims{Subject: "sub", Number: "SoDinhDanh", Name: "HoVaTen", BirthDate: "NgayThangNamSinh", Sex: "GioiTinh",
			Phone: "SoDienThoai", Level: "acr", AccountType: "LoaiTaiKhoan"},
		levels: map[string]string{"LoA1": "1", "LoA2": "2", "1": "1", "2": "2"},
		acr:    map[string]string{"1": "LoA1", "2": "LoA2"},
		endpoints: func(base string) Endpoints {
			// WSO2 names its token endpoint as its issuer unless told otherwise.
			base = strings.TrimSuffix(strings.TrimSuffix(base, "/"), "/oauth2/token")
			return Endpoints{base + "/oauth2/authorize", base + "/oauth2/token", base + "/oauth2/userinfo", base + "/oauth2/jwks", base + "/oidc/logout"}
		},
	},
	ProfileDirect: {
		scopes: []string{"openid"},
		claims: Claims{Subject: "citizenPid", Number: "citizenPid", Name: "fullName", BirthDate: "birthDate", Sex: "gender",
			Phone: "phoneNumber", Level: "accountLevel", AccountType: "accountType"},
		endpoints: func(base string) Endpoints {
			base = strings.TrimSuffix(base, "/")
			return Endpoints{Authorization: base + "/auth", Token: base + "/token", Userinfo: base + "/userinfo"}
		},
	},
}

// withProfile fills in what the profile knows and says what is missing.
func (p Provider) withProfile() (Provider, error) {
	if p.Profile == "" {
		p.Profile = ProfileOIDC
	}
	d, ok := profileDefaults[p.Profile]
	if !ok {
		return p, fmt.Errorf("no profile %q", p.Profile)
	}
	if len(p.Scopes) == 0 {
		p.Scopes = d.scopes
	}
	p.Claims = p.Claims.withDefaults(d.claims)
	if p.Levels == nil {
		p.Levels = d.levels
	}
	if p.ACR == nil {
		p.ACR = d.acr
	}
	var errs []error
	if d.endpoints != nil {
		p.Endpoints = p.Endpoints.withDefaults(d.endpoints(p.Issuer))
		for _, e := range []struct{ name, address string }{{"authorization", p.Endpoints.Authorization}, {"token", p.Endpoints.Token},
			{"userinfo", p.Endpoints.Userinfo}, {"keys", p.Endpoints.Keys}, {"sign-out", p.Endpoints.EndSession}} {
			if e.address == "" || e.address == NoKeys {
				continue
			}
			if err := checkEndpoint(e.address); err != nil {
				errs = append(errs, fmt.Errorf("%s endpoint: %w", e.name, err))
			}
		}
	}
	if p.Profile == ProfileDirect {
		if p.KeyBits == 0 {
			p.KeyBits = DefaultKeyBits
		}
		if !slices.Contains(EncryptedKeyBits, p.KeyBits) {
			errs = append(errs, fmt.Errorf("no AES key has %d bits", p.KeyBits))
		}
		if err := CheckKey(p.Key); err != nil {
			errs = append(errs, err)
		}
	}
	if p.MinLevel == "" {
		p.MinLevel = "1"
	}
	for _, l := range append(slices.Collect(maps.Values(p.Levels)), p.MinLevel) {
		if !ValidLevel(l) {
			errs = append(errs, fmt.Errorf("no level %q", l))
		}
	}
	return p, errors.Join(errs...)
}

func (e Endpoints) withDefaults(d Endpoints) Endpoints {
	fill(&e.Authorization, d.Authorization)
	fill(&e.Token, d.Token)
	fill(&e.Userinfo, d.Userinfo)
	fill(&e.Keys, d.Keys)
	fill(&e.EndSession, d.EndSession)
	return e
}

func fill(s *string, def string) {
	if *s == "" {
		*s = def
	}
}
