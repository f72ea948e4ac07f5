package portal

import (
	"log/slog"
	"net/http"

	"motcua/internal/web"
)

// endedElsewhere takes the provider's word, signed by it, that a session has
// ended (OpenID Connect Back-Channel Logout 1.0).
func (s *site) endedElsewhere(w http.ResponseWriter, r *http.Request) error {
	refused, err := s.SignIn.ServeLogout(w, r, s.Citizens.EndByProvider)
	if refused != "" {
		s.note(r, "logout token refused", slog.String("reason", refused))
	}
	return err
}

// endedInFrame is the same through the browser (OpenID Connect Front-Channel
// Logout 1.0): the provider shows this address in a frame of its page. Nothing
// is answered, and nobody but the provider may frame it.
func (s *site) endedInFrame(w http.ResponseWriter, r *http.Request) error {
	if err := web.NoHead(w, r); err != nil {
		return err
	}
	web.AllowFramedBy(r, s.SignIn.IssuerOrigin())
	refused, err := s.SignIn.ServeFrontLogout(w, r, s.Citizens.EndByProvider)
	if refused != "" {
		s.note(r, "front-channel logout refused", slog.String("reason", refused))
	}
	return err
}
