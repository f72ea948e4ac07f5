// Package apptest runs the whole program for tests, on loopback ports, with a
// clock that stands still, an SMS inbox in place of a carrier, and a browser.
//
//	a := apptest.Start(t, apptest.Options{Dialect: db.Postgres})
//	c := a.NewClient(t)
//	page := c.Get(a.Portal + "/")
//	code := a.OTP("+84900000678") // runs the due jobs first
//	a.Clock.Advance(3 * time.Minute)
//
// Jobs run only when a test asks (Drain, Periodic), unless Background is set,
// as browser journeys want it. Faults make the provider or the carrier fail.
// The log is kept in Log and printed when the test fails.
package apptest
