// Package web is what the three sites share between the socket and their
// handlers.
//
// A handler returns an error (Handler); Site.Handle is the one funnel that
// turns it into the site's error page and the request's log line. Site.Chain
// puts around a site's Mux, in this order: request id, log line, recovery,
// security headers, cross-origin protection, language, body limit, deadline.
// Proxies and Hosts stand in front of the sites of one listener.
//
// A page is a struct that embeds Base and a template of the same room; the
// shared layouts and parts are in ui/, styles and scripts in the built
// manifest (web/dist). Pages carry no inline script or style, and every page
// works without script.
package web
