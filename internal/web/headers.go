package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// securityHeaders of every response. Referrer-Policy is OP-17's; the layouts
// loosen it for their document to same-origin, which tells no other origin
// anything either, because under no-referrer a browser without Sec-Fetch-Site
// (Safari before 16.4) posts our own forms with "Origin: null" and the
// cross-origin protection would refuse them.
func (s *Site) securityHeaders() [][2]string {
	h := [][2]string{
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()"},
	}
	if s.URL != nil && s.URL.Scheme == "https" {
		h = append(h, [2]string{"Strict-Transport-Security", "max-age=31536000; includeSubDomains"})
	}
	return h
}

// contentSecurityPolicy is the policy of the site's pages, ending with the
// list of form-action, to which a response may add (AllowFormAction).
func (s *Site) contentSecurityPolicy() string {
	csp := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; " +
		"frame-ancestors 'none'; form-action 'self'"
	return withFormAction(csp, s.FormAction)
}

func withFormAction(csp string, origins []string) string {
	for _, o := range origins {
		csp += " " + o
	}
	return csp
}

// AllowFormAction lets a form of this response lead, through redirects, to the
// origin of the given address: Chromium applies form-action to the whole
// chain. Anything but an http or https address is ignored.
func AllowFormAction(r *http.Request, address string) {
	st := stateOf(r)
	if o := policyOrigin(address); o != "" && !slices.Contains(st.formAction, o) {
		st.formAction = append(st.formAction, o)
	}
}

// policyOrigin is the origin of an address as it may stand in a policy, or "".
func policyOrigin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(u.Host, " ;,'\"*") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// AllowFrame lets the page of this response frame the origin of the given
// address. Anything but an http or https address is ignored.
func AllowFrame(r *http.Request, address string) {
	st := stateOf(r)
	if o := policyOrigin(address); o != "" && !slices.Contains(st.frames, o) {
		st.frames = append(st.frames, o)
	}
}

// AllowCamera lets the page of this response use the camera and start the
// worker that reads its pictures. Browsers before CSP 3 ask child-src about
// workers.
func AllowCamera(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Permissions-Policy", strings.Replace(w.Header().Get("Permissions-Policy"), "camera=()", "camera=(self)", 1))
	stateOf(r).workers = true
}

// workersPolicy follows form-action in the policy of a page with AllowCamera.
const workersPolicy = "; worker-src 'self'; child-src 'self'"

// NoStore forbids every cache, the back button's included, to keep the answer.
func NoStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }
