// Package identity knows the people who authenticate at the provider: their
// accounts, the way from number and password over a one-time code to a
// confirmed person, and what is refused on that way.
//
// A sign-in has two steps. CheckPassword answers alike for an unknown number,
// a wrong password and a blocked account, counts failures before it looks at
// the password, and on success opens an attempt whose first code goes out by
// SMS. Confirm ends the attempt with the right code, in the transaction of
// the caller, who opens the session in it.
//
// Every secret here has one form at rest: passwords are Argon2id hashes, codes
// keyed digests; activation codes, device and browser marks are SHA-256.
package identity
