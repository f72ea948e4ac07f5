package id

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"motcua/internal/credential"
	"motcua/internal/i18n"
	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/problem"
	"motcua/internal/web"
)

// cookieApp holds the session of the phone app.
const cookieApp = "a"

// maxAPIBody bounds what the app posts: the largest, an approval, has some 400
// bytes.
const maxAPIBody = 8 << 10

// refusal is the body of every answer of the app's interface that is no
// success.
type refusal struct {
	Error string `json:"error"`
	Text  string `json:"text"` // for the person, in their language
	// Left is how many tries remain, Retry after how many seconds another
	// makes sense.
	Left   *int   `json:"left,omitempty"`
	Reason string `json:"reason,omitempty"`
	Retry  int    `json:"retry,omitempty"`
	// Pending goes with own_pending.
	Pending *scanned `json:"pending,omitempty"`
}

// api makes a Handler of a function that answers the app with JSON.
func (s *site) api(h func(w http.ResponseWriter, r *http.Request) (any, error)) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := h(w, r)
		if err == nil {
			return web.JSON(w, r, http.StatusOK, v)
		}
		status, body, known := refusalOf(web.Lang(r), err)
		if !known {
			return err
		}
		if body.Retry > 0 {
			setRetryAfter(w, time.Duration(body.Retry)*time.Second)
		}
		return web.JSON(w, r, status, body)
	}
}

// sentences of the refusals. Each says what happened and what to do now.
var sentences = map[identity.Code]string{
	identity.NotSigned: "phone.error.not_signed", identity.NotActivated: "phone.error.not_activated",
	identity.AccountLocked: "phone.error.account_locked", identity.PhoneLocked: "phone.error.locked",
	identity.NeedPasscode: "phone.error.need_passcode", identity.BadProof: "phone.error.bad_proof",
	identity.BadText: "phone.error.bad_text", identity.StaleCode: "phone.error.stale_code",
	identity.SecondScanner: "phone.error.second_scanner", identity.BlockedNetwork: "phone.error.blocked_network",
	identity.OwnPending: "phone.error.own_pending", identity.Over: "phone.error.over", identity.Taken: "phone.error.taken",
	identity.WrongNumber: "phone.error.wrong_number",
}

var passcodeSentences = map[string]string{
	identity.PasscodeFormat: "phone.passcode.format", identity.PasscodeSame: "phone.passcode.same", identity.PasscodeRun: "phone.passcode.run",
	identity.PasscodeBirth: "phone.passcode.birth", identity.PasscodeAccount: "phone.passcode.account",
}

// otpSentences are by the reason of a refused code; "" is one that has not six
// digits.
var otpSentences = map[string]string{
	"otp_expired": "phone.otp.expired", "otp_used": "phone.otp.used", "otp_cancelled": "phone.otp.cancelled",
	"blocked": "phone.error.account_locked", "": "id.otp.format",
}

// badInput is a form that was not filled in as it should be.
type badInput struct{ key string }

func (e *badInput) Error() string { return "id: " + e.key }

// refusalOf turns an error into an answer; known is false for one that is a
// fault of the program.
func refusalOf(lang string, err error) (status int, body refusal, known bool) {
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Kind == problem.BadRequest {
		return http.StatusBadRequest, refusal{Error: "bad_request", Text: i18n.Text(lang, "web.problem.badrequest.text")}, true
	}
	if tooMany, ok := errors.AsType[*identity.TooMany](err); ok {
		return http.StatusTooManyRequests, refusal{Error: "too_many", Text: i18n.Text(lang, "phone.error.too_many", i18n.Wait(lang, tooMany.Retry)),
			Retry: int(tooMany.Retry/time.Second) + 1}, true
	}
	if tooSoon, ok := errors.AsType[*identity.TooSoon](err); ok {
		return http.StatusTooManyRequests, refusal{Error: "too_soon", Text: i18n.Text(lang, "phone.error.too_soon", i18n.Wait(lang, tooSoon.Wait)),
			Retry: int(tooSoon.Wait/time.Second) + 1}, true
	}
	if bad, ok := errors.AsType[*badInput](err); ok {
		return http.StatusUnprocessableEntity, refusal{Error: "bad_input", Text: i18n.Text(lang, bad.key)}, true
	}
	switch {
	case errors.Is(err, credential.ErrBusy):
		return http.StatusServiceUnavailable, refusal{Error: "busy", Text: i18n.Text(lang, "id.signin.busy"), Retry: 2}, true
	case errors.Is(err, identity.ErrRefused):
		return http.StatusUnprocessableEntity, refusal{Error: "refused", Text: i18n.Text(lang, "id.signin.refused")}, true
	case errors.Is(err, identity.ErrNoAttempt):
		return http.StatusConflict, refusal{Error: string(identity.Over), Text: i18n.Text(lang, "phone.error.sign_in_over")}, true
	case errors.Is(err, identity.ErrNoResends), errors.Is(err, identity.ErrSendLimit):
		return http.StatusTooManyRequests, refusal{Error: "no_sends", Text: i18n.Text(lang, "phone.error.no_sends")}, true
	case errors.Is(err, oidcop.ErrStale), errors.Is(err, oidcop.ErrFinished):
		return http.StatusGone, refusal{Error: string(identity.Over), Text: i18n.Text(lang, "phone.error.over")}, true
	}
	refused, ok := errors.AsType[*identity.Refusal](err)
	if !ok {
		return 0, refusal{}, false
	}
	return refusalStatus(refused.Code), describeRefusal(lang, refused), true
}

func describeRefusal(lang string, r *identity.Refusal) refusal {
	out := refusal{Error: string(r.Code), Reason: r.Reason}
	switch r.Code {
	case identity.WeakPasscode:
		out.Text = i18n.Text(lang, passcodeSentences[r.Reason])
	case identity.WrongPasscode:
		out.Left, out.Text = &r.Left, i18n.Text(lang, "phone.error.wrong_passcode", r.Left)
	case identity.UnknownCode:
		out.Left, out.Text = &r.Left, i18n.Text(lang, "phone.error.unknown_code", r.Left)
	case identity.WrongOTP:
		out.Left = &r.Left
		if r.Reason == "otp_wrong" {
			out.Text = i18n.Text(lang, "id.otp.wrong", r.Left)
		} else {
			out.Text = i18n.Text(lang, otpSentences[r.Reason])
		}
	default:
		out.Text = i18n.Text(lang, sentences[r.Code])
	}
	if r.Pending != nil {
		p := showScanned(*r.Pending)
		out.Pending = &p
	}
	return out
}

func refusalStatus(c identity.Code) int {
	switch c {
	case identity.NotSigned, identity.NotActivated, identity.PhoneLocked:
		return http.StatusUnauthorized
	case identity.Over, identity.StaleCode:
		return http.StatusGone
	case identity.Taken, identity.SecondScanner, identity.OwnPending:
		return http.StatusConflict
	case identity.BlockedNetwork, identity.AccountLocked:
		return http.StatusForbidden
	}
	return http.StatusUnprocessableEntity
}

// readJSON reads the one object of a request's body.
func readJSON[T any](w http.ResponseWriter, r *http.Request) (v T, err error) {
	ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(ct), "application/json") {
		return v, problem.New(problem.BadRequest, "", errors.New("not JSON"))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAPIBody))
	if err != nil {
		return v, problem.New(problem.BadRequest, "", errors.New("body too long or cut off"))
	}
	// An error of the decoder may quote what was posted: not for the log.
	if json.Unmarshal(body, &v) != nil {
		err = problem.New(problem.BadRequest, "", errors.New("malformed JSON"))
	}
	return v, err
}

// done is the answer to what needs no other.
type done struct {
	OK bool `json:"ok"`
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
