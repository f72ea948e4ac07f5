package office

import (
	"log/slog"
	"net/http"
)

// endedElsewhere takes the provider's word, signed by it, that a session has
// ended (OpenID Connect Back-Channel Logout 1.0).
func (s *site) endedElsewhere(w http.ResponseWriter, r *http.Request) error {
	refused, err := s.VNeID.ServeLogout(w, r, s.Org.EndByProvider)
	if refused != "" {
		s.note(r, "logout token refused", slog.String("reason", refused))
	}
	return err
}
