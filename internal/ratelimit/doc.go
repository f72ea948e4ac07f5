// Package ratelimit counts how often something may happen: named limits over
// GCRA (the generic cell rate algorithm), kept in the database, so that every
// replica sees the same count.
//
// A row holds one number, the theoretical arrival time: the moment at which
// everything counted so far would have happened at an even pace. An event is
// allowed while that moment is not further ahead than the period. What is
// limited (a phone, an address) is stored as a digest; since a phone number
// can be guessed from a plain one, callers with personal keys may pass a keyed
// digest instead.
package ratelimit
