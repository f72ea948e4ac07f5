package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Outcome tells how an action ended.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused" // by a rule; Reason says which
	Error   Outcome = "error"   // something broke
)

// A Ref names who acts or what is acted upon: ("account", id), ("officer", id),
// ("client", id), ("console", user name), ("system", "").
type Ref struct{ Kind, ID string }

// System is the program itself.
var System = Ref{Kind: "system"}

// An Event is what the caller knows of a record.
type Event struct {
	Action  string // a code such as "account.sign_in"
	Actor   Ref    // who did it; empty when nobody is known yet
	Target  Ref    // the account or thing it was done to
	Outcome Outcome
	Reason  string // a code, such as "wrong_password"; never a sentence
	// Detail holds at most 16 further facts, keys like "unit_id", values of at
	// most 200 bytes, cut when longer.
	Detail map[string]string
}

// RequestInfo is what the log records of the request that caused an event.
type RequestInfo struct {
	Site        string // portal, office, id
	RequestID   string
	Source      string // address of the client
	Destination string // address it called
	Device      string // what the browser says it is
}

// Bounds of what is stored, in bytes. Longer codes are a mistake of the
// program and refused; longer values come from outside and are cut.
const (
	maxDetails     = 16
	maxDetailValue = 200
	maxRef         = 128
	maxAddress     = 128
	maxDevice      = 256
)

var (
	codePattern = regexp.MustCompile(`^[a-z][a-z0-9_.:-]{0,63}$`)
	keyPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	// secretKeys are the names under which nothing may be logged.
	secretKeys = map[string]bool{
		"password": true, "passcode": true, "otp": true, "pin": true,
		"secret": true, "token": true, "cookie": true, "code": true,
	}
)

type requestKey struct{}

// WithRequest returns a context under which Append records info.
func WithRequest(ctx context.Context, info RequestInfo) context.Context {
	return context.WithValue(ctx, requestKey{}, info)
}

func requestOf(ctx context.Context) RequestInfo {
	info, _ := ctx.Value(requestKey{}).(RequestInfo)
	return RequestInfo{
		Site:        clean(info.Site, maxAddress),
		RequestID:   clean(info.RequestID, maxAddress),
		Source:      clean(info.Source, maxAddress),
		Destination: clean(info.Destination, maxAddress),
		Device:      clean(info.Device, maxDevice),
	}
}

func (e Event) check() error {
	for _, c := range []struct{ name, code string }{
		{"action", e.Action}, {"reason", e.Reason}, {"actor kind", e.Actor.Kind}, {"target kind", e.Target.Kind},
	} {
		if c.code == "" && c.name != "action" {
			continue
		}
		if !codePattern.MatchString(c.code) {
			return fmt.Errorf("audit: %s %q is not a code", c.name, clean(c.code, 80))
		}
	}
	switch e.Outcome {
	case OK, Refused, Error:
	default:
		return fmt.Errorf("audit: %s has no outcome", e.Action)
	}
	if len(e.Detail) > maxDetails {
		return fmt.Errorf("audit: %s has %d details, at most %d", e.Action, len(e.Detail), maxDetails)
	}
	for k := range e.Detail {
		if !keyPattern.MatchString(k) || secretKeys[k] {
			return fmt.Errorf("audit: %s may not have a detail %q", e.Action, clean(k, 80))
		}
	}
	return nil
}

// detailText is the JSON of the details, keys in order, or "" without any.
func (e Event) detailText() (string, error) {
	if len(e.Detail) == 0 {
		return "", nil
	}
	m := make(map[string]string, len(e.Detail))
	for k, v := range e.Detail {
		m[k] = maskNumbers(clean(v, maxDetailValue))
	}
	b, err := json.Marshal(m)
	return string(b), err
}

// clean makes s fit both engines: valid UTF-8, no control characters, at most
// n bytes.
func clean(s string, n int) string {
	if len(s) > 4*n {
		s = s[:4*n]
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
