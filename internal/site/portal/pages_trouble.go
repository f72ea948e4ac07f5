package portal

import (
	"net/url"
	"time"

	"motcua/internal/vn"
	"motcua/internal/web"
)

// pathSignIn is where a sign-in begins; its page is the trouble page.
const pathSignIn = "/dich-vu-cong/cong-dan/dang-nhap"

// troublePage is the page "trouble": the portal's own page at the address of
// the sign-in when nobody was signed in (RP-12).
type troublePage struct {
	web.Base
	State trouble
	// When it happened.
	When time.Time
	// ReturnTo is the path that the sign-in was for; the retry keeps it.
	ReturnTo string
	// Back is the page the person came from, which needs no sign-in.
	Back string
	// NeedLevel and HasLevel go with troubleLevel.
	NeedLevel, HasLevel string
}

// trouble says why nobody was signed in. Those that signin.Kind knows have its
// values.
type trouble string

const (
	troubleDown         trouble = "down"
	troubleSlow         trouble = "slow"
	troubleRefused      trouble = "refused"
	troubleCancelled    trouble = "cancelled"
	troubleExpired      trouble = "expired"
	troubleReplayed     trouble = "replayed"
	troubleWrongBrowser trouble = "wrong_browser"
	troubleWrongAnswer  trouble = "wrong_answer"
	troubleMixUp        trouble = "mix_up"
	// troubleLevel: the account's level is too low for the page asked for.
	troubleLevel trouble = "level"
	// troubleLocked: the portal does not let this person in.
	troubleLocked trouble = "locked"
)

// advice is what the page offers to do.
type advice int

const (
	adviseWait   advice = iota // our side's fault: wait, come back, or the centre
	adviseAgain                // sign in again now
	adviseCall                 // try again, then call
	adviseCentre               // only the centre can help
	adviseLevel                // the account has to be raised to level 2
)

// words are the catalogue keys and the tone of one kind of trouble.
type words struct {
	heading, text string
	colour        string // of the ds-alert
	advice        advice
}

var troubles = map[trouble]words{
	troubleDown:         {"portal.trouble.down", "portal.trouble.down.text", "warning", adviseWait},
	troubleSlow:         {"portal.trouble.slow", "portal.trouble.slow.text", "warning", adviseWait},
	troubleRefused:      {"portal.trouble.refused", "portal.trouble.refused.text", "warning", adviseCall},
	troubleCancelled:    {"portal.trouble.cancelled", "portal.trouble.nothing", "info", adviseAgain},
	troubleExpired:      {"portal.trouble.expired", "portal.trouble.expired.text", "info", adviseAgain},
	troubleReplayed:     {"portal.trouble.replayed", "portal.trouble.replayed.text", "info", adviseAgain},
	troubleWrongBrowser: {"portal.trouble.browser", "portal.trouble.browser.text", "warning", adviseAgain},
	troubleWrongAnswer:  {"portal.trouble.answer", "portal.trouble.answer.text", "warning", adviseCall},
	troubleMixUp:        {"portal.trouble.answer", "portal.trouble.answer.text", "warning", adviseCall},
	troubleLevel:        {"portal.trouble.level", "portal.trouble.level.text", "warning", adviseLevel},
	troubleLocked:       {"portal.trouble.locked", "portal.trouble.locked.text", "warning", adviseCentre},
}

func (p troublePage) words() words {
	if w, ok := troubles[p.State]; ok {
		return w
	}
	return troubles[troubleWrongAnswer]
}

func (p troublePage) Title() string { return p.T("portal.trouble.title", p.Provider) }

// Heading and Text say what happened; Colour and Role are those of the alert.
func (p troublePage) Heading() string { return p.T(p.words().heading) }
func (p troublePage) Colour() string  { return p.words().colour }

func (p troublePage) Text() string {
	w := p.words()
	switch p.State {
	case troubleDown, troubleSlow:
		return p.T(w.text, vn.DateTime(p.When))
	case troubleLevel:
		need := p.NeedLevel
		if need == "" {
			need = "2"
		}
		if p.HasLevel == "" {
			return p.T("portal.level.unknown", need, p.Provider)
		}
		return p.T(w.text, need, p.HasLevel)
	}
	return p.T(w.text)
}

func (p troublePage) Role() string {
	if p.Colour() == "info" {
		return "status"
	}
	return "alert"
}

// What the page offers; exactly one is true.
func (p troublePage) Waits() bool    { return p.words().advice == adviseWait }
func (p troublePage) Again() bool    { return p.words().advice == adviseAgain }
func (p troublePage) Calls() bool    { return p.words().advice == adviseCall }
func (p troublePage) AtCentre() bool { return p.words().advice == adviseCentre }
func (p troublePage) Raises() bool   { return p.words().advice == adviseLevel }
func (p troublePage) CanRetry() bool { return !p.AtCentre() && !p.Raises() }
func (p troublePage) BackHome() bool { return p.BackPath() == "/" }
func (p troublePage) BackPath() string {
	if p.Back == "" {
		return "/"
	}
	return p.Back
}

// Other begins a sign-in with another account, or with the same one after it
// has been raised: the provider asks anew.
func (p troublePage) Other() string {
	q := url.Values{"muc": {"2"}, "lai": {"1"}}
	if p.ReturnTo != "" {
		q.Set("ve", p.ReturnTo)
	}
	return pathSignIn + "?" + q.Encode()
}

// Retry begins the sign-in again for the same page.
func (p troublePage) Retry() string {
	if p.ReturnTo == "" {
		return pathSignIn
	}
	return pathSignIn + "?ve=" + url.QueryEscape(p.ReturnTo)
}
