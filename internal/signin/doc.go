// Package signin is the relying party: it sends a browser to an identity
// provider and turns what comes back into an [Identity] that may be trusted.
//
// [Service.Start] opens a sign-in transaction (a row) and gives the address to
// send the browser to. [Service.Callback] takes the raw query the browser
// brings back, consumes the transaction, asks the provider's token and
// userinfo endpoints and verifies every statement. [Service.SignOutURL] gives
// the address that ends the provider's session. What goes wrong is a
// [*Failure]: its Kind chooses the sentence a person reads, its Reason is a
// stable code for the log and the audit, and it keeps the way back.
//
// A provider is spoken to through a profile: "oidc" is OpenID Connect Core with
// the code flow, PKCE and RFC 9207; "npsp-wso2" and "vneid-direct" are what the
// country's own servers speak. One Identity comes out of each. All three read
// an answer as one JSON object in which each name stands once.
//
// Which rule lives where (requirement IDs of the project):
//
//	RP-01  profile.go      the profiles; oidc.go, npsp.go, direct.go
//	RP-02  transaction.go  state, nonce, PKCE, browser binding, one use
//	RP-03  callback.go     iss of the response
//	RP-04  idtoken.go      the ID token; userinfo.go: the same subject
//	RP-05  metadata.go     exact issuer; keys.go: rotation
//	RP-06  callback.go     the raw query of an encrypted code
//	RP-08  level.go        the level that a service or page demands
//	RP-10  frontchannel.go, and signOutAt in oidc.go
//	RP-11  logout.go       fresh authentication after a sign-out
//	RP-12  client.go       bounded calls, failure.go: what they mean
//	RP-14  sealed.go       decryption that tells nothing outside
//
// Rows and waiting follow the injected clock; the times inside tokens are real
// time, because the library that checks them reads the machine's clock.
// auth_time is compared with our own rows and so follows the injected clock.
package signin
