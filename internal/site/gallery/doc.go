// Package gallery shows every page of a site with sample data, in both
// languages, and checks what all pages owe a reader: texts that exist, links
// that lead somewhere, one heading, no inline script or style. Tests alone
// import it.
//
// With MOTCUA_GALLERY=<folder> the pages are also written there as files, for
// somebody who wants to look at them (MOTCUA_GALLERY=/tmp/g go test
// ./internal/site/...; the built files of web/dist/static belong beside them
// as static/).
package gallery
