package signin

import (
	"context"
	"net/url"
	"strings"
	"time"
)

const (
	// maxQuery bounds the raw query of a callback.
	maxQuery = 8 << 10
	// maxCode bounds a code.
	maxCode = 4 << 10
)

// response is an authorization response.
type response struct {
	state, code, iss, err string
	encryptKey            string // of ProfileDirect
	hasIss                bool
}

// decodeResponse reads the raw query of a callback. Each parameter may stand
// there once (RFC 6749 §3.1), or the provider and we might read different
// ones. rawPlus keeps a "+" what it is (RP-06).
func decodeResponse(raw string, rawPlus bool) (response, error) {
	if len(raw) > maxQuery {
		return response{}, fail(WrongAnswer, "response_oversized", nil)
	}
	if rawPlus {
		raw = strings.ReplaceAll(raw, "+", "%2B")
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return response{}, fail(WrongAnswer, "response_query", nil)
	}
	for _, name := range []string{"state", "code", "iss", "error", "encrypt_key"} {
		if len(q[name]) > 1 {
			return response{}, fail(WrongAnswer, "response_repeated", nil)
		}
	}
	r := response{state: q.Get("state"), code: q.Get("code"), iss: q.Get("iss"), err: q.Get("error"),
		encryptKey: q.Get("encrypt_key"), hasIss: q.Has("iss")}
	switch {
	case r.state == "":
		return response{}, fail(WrongAnswer, "response_no_state", nil)
	case !ValidBrowserToken(r.state):
		// A state has the shape of every secret here.
		return response{}, fail(Expired, "state_unknown", nil)
	case (r.code == "") == (r.err == ""):
		return response{}, fail(WrongAnswer, "response_shape", nil)
	case len(r.code) > maxCode || strings.ContainsFunc(r.code, func(c rune) bool { return c < ' ' || c > '~' }):
		return response{}, fail(WrongAnswer, "response_code", nil)
	case len(r.encryptKey) > maxKeyText:
		return response{}, fail(WrongAnswer, "response_oversized", nil)
	}
	return r, nil
}

// Callback ends a sign-in with what the browser brought back. rawQuery is the
// query as it arrived; browserToken the binding cookie's value, or "".
//
// Errors are a *Failure, or of our own database.
func (s *Service) Callback(ctx context.Context, rawQuery, browserToken string) (Result, error) {
	r, err := decodeResponse(rawQuery, s.profile.rawPlus())
	if err != nil {
		return Result{}, err
	}
	t, verifier, err := s.consume(ctx, r.state, browserToken)
	if err != nil {
		return Result{}, err
	}
	res, err := s.conclude(ctx, r, t, verifier)
	if err != nil {
		return Result{}, withReturn(err, t.ReturnTo)
	}
	res.ReturnTo = t.ReturnTo
	return res, nil
}

func (s *Service) conclude(ctx context.Context, r response, t transaction, verifier string) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.provider.Timeout)
	defer cancel()

	// Who answers comes before what is answered: an error, too, may come
	// from a provider we did not ask (RP-03).
	if err := s.checkIss(ctx, r); err != nil {
		return Result{}, err
	}
	var freshAfter time.Time
	if t.FreshAfter != nil {
		freshAfter = *t.FreshAfter
	}
	if r.err != "" {
		return Result{}, errorResponse(r.err)
	}
	if !s.clk.Now().Before(t.ExpiresAt) {
		return Result{}, s.expired(t, freshAfter)
	}
	res, err := s.profile.identify(ctx, r, verifier, expectation{nonceHash: t.NonceHash, freshAfter: freshAfter})
	if err != nil {
		return Result{}, err
	}
	if err := checkLevel(res.Identity.Level, t.MinLevel); err != nil {
		return Result{}, err
	}
	return res, nil
}

// checkIss is RFC 9207 §2.4.
func (s *Service) checkIss(ctx context.Context, r response) error {
	if r.hasIss {
		if r.iss != s.provider.Issuer {
			return fail(MixUp, "response_iss", nil)
		}
		return nil
	}
	required, err := s.profile.issRequired(ctx)
	if err != nil {
		return err
	}
	if required {
		return fail(MixUp, "response_iss_missing", nil)
	}
	return nil
}

func errorResponse(code string) error {
	switch code {
	case "access_denied":
		return fail(Cancelled, code, nil)
	case "server_error", "temporarily_unavailable":
		return fail(Down, code, nil)
	}
	return fail(Refused, errorCode(code), nil)
}

// expired offers to begin again. The person may have authenticated a moment
// ago, only too late for this transaction; max_age lets that count where
// prompt=login would ask for the password a second time (SES-05), and carries
// the demand of the first attempt on.
func (s *Service) expired(t transaction, freshAfter time.Time) error {
	f := fail(Expired, "transaction_expired", nil)
	if t.Restarts >= maxRestarts {
		return f
	}
	f.Again = &Request{ReturnTo: t.ReturnTo, restarts: t.Restarts + 1, MinLevel: t.MinLevel}
	if !freshAfter.IsZero() {
		f.Again.MaxAge = max(s.clk.Now().Sub(freshAfter).Truncate(time.Second), time.Second)
	}
	return f
}
