package signin

import "time"

// Identity is who signed in, as the provider states it. Issuer and Subject
// together are the key of a person (RP-07); Number is an attribute and never
// joins two of them.
type Identity struct {
	Issuer  string
	Subject string
	// Number is the personal identity number, 12 digits, or "" when the
	// account has none (an organisation, a foreigner).
	Number string
	Name   string
	// BirthDate is YYYY-MM-DD, or what the provider knows of it (YYYY).
	BirthDate string
	// Sex is "male", "female" or "".
	Sex string
	// Phone is E.164.
	Phone string
	// Level is the identification level: "1", "2" or "".
	Level       string
	AccountType string
}

// Tokens stay on the server (RP-13). The access token is not among them: its
// use ends with the userinfo call.
type Tokens struct {
	// IDToken is kept as the hint of the sign-out: the token, or what the
	// profile needs in its place. It is nothing to others.
	IDToken string
	// Refresh is for Service.Refresh; "" when the provider gives none.
	Refresh string
}

// Authentication says how and when the person proved who they are.
type Authentication struct {
	// SessionID is the provider's session (sid), or "".
	SessionID string
	// Time is auth_time; zero when the provider does not say.
	Time time.Time
	// Methods is amr (RFC 8176).
	Methods []string
	// Class is acr, or "".
	Class string
}

// Result is a completed sign-in.
type Result struct {
	Identity       Identity
	Tokens         Tokens
	Authentication Authentication
	// ReturnTo is the path the person wanted when the sign-in began.
	ReturnTo string
}
