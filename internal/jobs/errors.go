package jobs

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// ErrUnknownKind: Enqueue or RunPeriodic of a kind that isn't registered.
	ErrUnknownKind = errors.New("jobs: kind is not registered")
	// ErrBusy: RunPeriodic while another process runs that kind.
	ErrBusy = errors.New("jobs: another process is running it")

	errStopped = errors.New("the process is stopping")
	errLost    = errors.New("another process has taken the job")
)

type cancelled struct{ err error }

func (c *cancelled) Error() string { return c.err.Error() }
func (c *cancelled) Unwrap() error { return c.err }

// Cancel wraps the error of a handler whose job must not run again. Cancel of
// nil is nil.
func Cancel(err error) error {
	if err == nil {
		return nil
	}
	return &cancelled{err}
}

// maxErrorText bounds a stored error in bytes: enough to see what failed.
const maxErrorText = 400

var (
	// A long run of digits is an identity number, a phone or a one-time code,
	// also when written in groups.
	digitRun = regexp.MustCompile(`\d(?: ?\d){4,}`)
	// What follows a "?" or stands before an "@" in an address is where
	// gateways put their passwords.
	urlUser  = regexp.MustCompile(`(://)[^/\s"'@]+@`)
	urlQuery = regexp.MustCompile(`(://[^\s"'?]*)\?[^\s"']*`)
	token    = regexp.MustCompile(`[A-Za-z0-9_\-+/=]{24,}`)
	uuid     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// Redact returns s bounded and without what may be a secret or personal:
// digits in runs of five or more, long tokens, the user and query parts of
// addresses. UUIDs stay: they are ids of rows.
func Redact(s string) string {
	s = strings.ToValidUTF8(s, "�")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	// Cut twice: the first bounds the work, the second the result.
	s = cut(s, 8*maxErrorText)
	s = urlUser.ReplaceAllString(s, "$1…@")
	s = urlQuery.ReplaceAllString(s, "$1?…")
	var b strings.Builder
	last := 0
	for _, at := range token.FindAllStringIndex(s, -1) {
		b.WriteString(digitRun.ReplaceAllString(s[last:at[0]], "#"))
		switch word := s[at[0]:at[1]]; {
		case uuid.MatchString(word):
			b.WriteString(word)
		case strings.ContainsRune(word, '/') && !strings.ContainsAny(word, "+="):
			// A path of an address, whose parts are looked at one by one.
			for i, part := range strings.Split(word, "/") {
				if i > 0 {
					b.WriteByte('/')
				}
				if len(part) >= 24 && !uuid.MatchString(part) {
					part = "…"
				} else if !uuid.MatchString(part) {
					part = digitRun.ReplaceAllString(part, "#")
				}
				b.WriteString(part)
			}
		default:
			b.WriteString("…")
		}
		last = at[1]
	}
	b.WriteString(digitRun.ReplaceAllString(s[last:], "#"))
	return cut(b.String(), maxErrorText)
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
