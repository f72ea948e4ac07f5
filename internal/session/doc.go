// Package session keeps the browser sessions of all sites: who is signed in
// where, since when, and until when.
//
// A session is found by a random token of 256 bits, of which only the SHA-256
// is stored. It ends by itself after its idle time without a request and at
// its absolute end, and at once by Revoke. Its id is public: it is the sid of
// ID tokens and the name under which a person sees it in a list.
package session
