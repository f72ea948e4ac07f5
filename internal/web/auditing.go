package web

import (
	"net/http"

	"motcua/internal/audit"
)

// maxAgent bounds the browser's own description in records.
const maxAgent = 200

// Agent is what the browser says it is, bounded.
func Agent(r *http.Request) string {
	a := r.UserAgent()
	return a[:min(len(a), maxAgent)]
}

// Audited puts what the audit log records of every request (QCVN 12:2026/BCA:
// source and destination address, device) on the context of next.
func Audited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		st := stateOf(r)
		info := audit.RequestInfo{RequestID: st.id, Source: ClientIP(r).String(), Device: Agent(r)}
		if st.site != nil {
			info.Site, info.Destination = st.site.Name, st.site.URL.Host
		}
		next.ServeHTTP(w, r.WithContext(audit.WithRequest(r.Context(), info)))
	})
}
