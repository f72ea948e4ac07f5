// Package credential knows how a password is judged, kept and checked, for
// everyone who has one: accounts of the provider and officers alike.
//
// A password is stored only as an Argon2id hash in PHC form whose parameters
// travel with it, over an HMAC of the password with a pepper that is not in
// the database. Check says whether a new password is acceptable
// (NIST SP 800-63B-4 §3.1.1.2: length and blocklist, no composition rules).
// NewCode makes the activation codes that the console prints; Throttle counts
// failures; TOTP functions make and check codes of authenticator apps (RFC 6238).
package credential
