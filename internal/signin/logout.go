package signin

import "context"

// SignOut is the wish to end the provider's session too.
type SignOut struct {
	// IDToken is the hint that names the session.
	IDToken string
	// ReturnURL is our address after it, exactly as registered.
	ReturnURL string
	// State comes back with the browser.
	State     string
	UILocales string
}

// SignOutURL is where the browser continues after our own session is gone, or
// "" when the provider knows no sign-out. It asks first whether the provider
// is there, for no longer than SignOutTimeout; a *Failure means that the
// provider's session may live on, and the person must be told (RP-11).
func (s *Service) SignOutURL(ctx context.Context, o SignOut) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.provider.SignOutTimeout)
	defer cancel()
	return s.profile.endSessionURL(ctx, o)
}
