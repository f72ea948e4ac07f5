// Package app is the composition root: it knows every other package and no
// rule of its own.
//
// Open makes the Core — database, keys, queue, audit and the domain — which is
// all that the console's commands need. New adds the sites over a Core; Run
// listens until its context ends, then lets running requests and jobs end.
//
//	core.go       database to domain, in the order of dependence
//	jobs.go       what runs periodically
//	sites.go      the three sites and what their pages know
//	relying.go    portal and office as services of a provider
//	provider.go   which provider: our own, or another by its settings
//	transport.go  calls from the portal to its own provider, without a network
//	run.go        listeners, readiness, the orderly end
//	tls.go        certificates that are renewed without a restart
//
// Package apptest starts the whole program for tests.
package app
