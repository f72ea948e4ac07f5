package web

import (
	"net/http"
	"strings"
)

// Hosts chooses the site by the request's host, as public addresses name it
// ("dichvucong.example:8443"; a default port may be left out). Any other host
// gets 421 (RFC 9110 §15.5.20): a process answers only for what it serves,
// which also stops DNS rebinding.
func Hosts(sites map[string]http.Handler) http.Handler {
	byHost := make(map[string]http.Handler, len(sites))
	for host, h := range sites {
		byHost[normalHost(host)] = h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := byHost[normalHost(r.Host)]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		NoStore(w)
		http.Error(w, "Máy chủ này không phục vụ địa chỉ bạn gõ. Hãy kiểm tra lại địa chỉ.\n"+
			"This server does not serve the address you typed. Please check it.", http.StatusMisdirectedRequest)
	})
}

func normalHost(host string) string {
	host = strings.ToLower(host)
	for _, port := range []string{":80", ":443"} {
		host = strings.TrimSuffix(host, port)
	}
	return strings.TrimSuffix(host, ".")
}
