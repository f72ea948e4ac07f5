// Package oidcop is the OpenID Provider: which services may ask, what they
// may be told, and the codes, tokens and keys in between.
//
// The front: Authorize judges a request and decides whether a person has to
// sign in or to agree (Question); Confirm ends the sign-in with a code for the
// service; EndSession signs out. The back: Token, Introspect and Revoke answer
// services that have proven themselves; codes and refresh tokens are used up in
// one statement. zitadel/oidc makes the ID tokens; docs/decisions/0001 says
// what it is not used for. admin.go and grant.go are for pages: services and
// their secrets, what a person has agreed to.
//
// What a service gets: code flow with PKCE S256 and nonce, opaque tokens that
// end with the provider's session, ID tokens without personal claims, and
// `iss` in every answer (RFC 9207).
package oidcop
