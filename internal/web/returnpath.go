package web

import (
	"net/url"
	"strings"
	"unicode"
)

// maxReturn bounds a return path in bytes: longer than any path of ours, short
// enough for a cookie.
const maxReturn = 1024

// SafeReturn makes of what a request asks to return to a path on this site, or
// "/" when it is anything else (RP-12): a browser reads "//host", "/\host" and
// "/<tab>/host" as another host.
func SafeReturn(path string) string {
	if path == "" || len(path) > maxReturn || path[0] != '/' ||
		strings.HasPrefix(path, "//") || strings.Contains(path, `\`) ||
		strings.ContainsFunc(path, func(r rune) bool {
			return unicode.IsControl(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar
		}) {
		return "/"
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	// "/./\host" and "/..//host" resolve to "//host" in a browser.
	clean := url.URL{Path: u.JoinPath().Path, RawPath: "", RawQuery: u.RawQuery, Fragment: u.Fragment}
	s := clean.String()
	if strings.HasPrefix(s, "//") || !strings.HasPrefix(s, "/") || len(s) > 3*maxReturn {
		return "/"
	}
	return s
}
