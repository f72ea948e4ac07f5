package web

import (
	"fmt"
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
	// "/.//host" and "/x/..//host" resolve to "//host" in a browser.
	for _, part := range strings.Split(u.Path[1:], "/") {
		if part == "." || part == ".." || strings.Contains(part, `\`) {
			return "/"
		}
	}
	if strings.Contains(u.Path, "//") {
		return "/"
	}
	u.RawQuery = ascii(u.RawQuery)
	if s := u.String(); len(s) <= maxReturn {
		return s
	}
	return "/"
}

// ascii escapes what a Location header may not hold and url.URL passes
// through in a query.
func ascii(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c < 0x80 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
