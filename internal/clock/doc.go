// Package clock tells the time to everything that writes rows or keeps a
// time limit, so that tests can set it.
//
// All times are UTC and truncated to milliseconds: that is what both database
// engines keep, so a time read back equals the time written. Token times of
// the OpenID libraries are real time and don't come from here.
package clock
