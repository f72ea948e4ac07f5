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
// The second way is a phone. Activate binds an account to a key that the
// phone's browser keeps and to a passcode; OpenApp signs its owner in to the
// app, which is a session of its own kind and nothing to other services. A
// sign-in page makes an attempt (MakeQR) and asks for its state (QR); the phone
// takes it up (ScanText, ScanCode, ScanHere), shows who asks, and Approve signs
// all of that. UseQR, in the transaction of whoever opens the session, uses the
// approval up. What is refused on the phone is a Refusal with a Code.
//
// Every secret here has one form at rest: passwords are Argon2id hashes, codes
// keyed digests; passcodes are hashed as passwords are; activation codes, device and browser marks are SHA-256.
package identity
