package signin

import (
	"context"
	"net/http"
	"net/url"

	"motcua/internal/db"
)

// maxFrontQuery bounds the query of a front-channel logout: an issuer and a
// session id.
const maxFrontQuery = 2 << 10

// frontLogout reads a front-channel logout request (OpenID Connect
// Front-Channel Logout 1.0 §3). Both parameters must be there: without them it
// would end whatever session the browser has, and any page can load it.
func (s *Service) frontLogout(rawQuery string) (sid string, err error) {
	if len(rawQuery) > maxFrontQuery {
		return "", fail(WrongAnswer, "frontchannel_oversized", nil)
	}
	q, err := url.ParseQuery(rawQuery)
	if err != nil || len(q["iss"]) != 1 || len(q["sid"]) != 1 {
		return "", fail(WrongAnswer, "frontchannel_query", nil)
	}
	sid = q.Get("sid")
	switch {
	case q.Get("iss") != s.provider.Issuer:
		return "", fail(MixUp, "frontchannel_iss", nil)
	case sid == "" || len(sid) > maxShort || !storableText(sid):
		return "", fail(WrongAnswer, "frontchannel_sid", nil)
	}
	return sid, nil
}

// ServeFrontLogout answers the frame in which a provider tells the browser to
// sign out (RP-10). The session is found by the provider's own id of it, which
// nobody else knows: the browser sends no cookie of ours in a foreign frame.
// For a refusal it returns the reason, a code for the log; it errs, with
// nothing written, when the request could not be judged. The caller lets the
// issuer, and nobody else, frame the answer (IssuerOrigin).
func (s *Service) ServeFrontLogout(w http.ResponseWriter, r *http.Request, end EndFunc) (refused string, err error) {
	w.Header().Set("Cache-Control", "no-store")
	sid, err := s.frontLogout(r.URL.RawQuery)
	if err == nil {
		err = s.db.WithTx(r.Context(), func(ctx context.Context, tx *db.Tx) error { return end(ctx, tx, s.provider.Issuer, "", sid) })
	}
	f := AsFailure(err)
	if f == nil && err != nil {
		return "", err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if f != nil {
		w.WriteHeader(http.StatusBadRequest)
		return f.Reason, nil
	}
	w.WriteHeader(http.StatusOK)
	return "", nil
}
