// Package portal is the citizens' site: its routes, its pages and what its
// forms do. The rules of signing in are signin's, the person is citizen's.
//
// routes.go is the whole table. Signing in takes two requests: signIn sends
// the browser to the provider and signedIn receives it back; what goes wrong
// on the way is told by one page of ours at the address of the sign-in
// (trouble). Three cookies carry it: "s" the session, "tx" the browser that
// began a sign-in, "lo" that this browser signed out (marker.go).
package portal
