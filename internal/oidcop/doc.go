// Package oidcop is the OpenID Provider: which services may ask, what they
// may be told, and the codes, tokens and keys in between.
//
// The front is ours: Authorize judges a request and decides whether a person
// has to sign in; Confirm ends the sign-in with a code for the service;
// EndSession signs out. The back (token endpoint, client authentication,
// PKCE check, ID tokens) is zitadel/oidc over storage that uses a code up in
// one statement. See docs/decisions/ for what the library is not used for.
//
// In the demo alone the provider also speaks, at addresses of their own, what
// other providers of the country speak: dialect*.go.
//
// What a service gets: code flow with PKCE S256 and nonce, opaque access
// tokens that end with the provider's session, ID tokens without personal
// claims, and `iss` in every answer (RFC 9207).
package oidcop
