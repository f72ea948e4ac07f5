package identity

import (
	"crypto/rand"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/internal/i18n"
)

// Scanned is what the phone shows before the owner decides.
type Scanned struct {
	Attempt                     string
	State                       string
	Service, Host, Agent, Place string
	Time                        time.Time
	Numbers                     []string
	OTP                         bool   // a code by SMS is needed as well
	Shown                       string // the text to sign, before the number
	Left                        time.Duration
	Fresh                       bool // the passcode was given a moment ago
	Second                      bool // another phone tried as well
}

// describe is the text that the phone signs: all that it shows (QR-06).
func (a qrAttempt) describe(lang string) string {
	return strings.Join([]string{"motcua-approve-v1", "attempt=" + a.ID, "client=" + a.ClientID, "service=" + a.serviceIn(lang), "host=" + a.Host,
		"agent=" + a.Agent, "place=" + a.Place, "time=" + a.CreatedAt.UTC().Format(time.RFC3339), "numbers=" + a.Numbers}, "\n")
}

func (a qrAttempt) serviceIn(lang string) string {
	if lang == i18n.English && a.ServiceEN != "" {
		return a.ServiceEN
	}
	return a.Service
}

func (s *Service) scanned(a qrAttempt, app App, lang string) Scanned {
	now := s.now()
	out := Scanned{Attempt: a.ID, State: a.stateAt(now), Service: a.serviceIn(lang), Host: a.Host, Agent: a.Agent, Place: a.Place, Time: a.CreatedAt,
		OTP: a.How == HowCode, Shown: a.Shown, Left: max(0, a.ExpiresAt.Sub(now)), Fresh: app.fresh(now), Second: a.Second}
	if a.Numbers != "" {
		out.Numbers = strings.Fields(a.Numbers)
	}
	return out
}

// place says where the asking browser is, as far as that is known: a label that
// was configured, or whether phone and browser share an address. It informs and
// never refuses (QR-08).
func (s *Service) place(lang string, source, phone netip.Addr) string {
	if s.Place != nil {
		if label := s.Place(source); label != "" {
			return label
		}
	}
	if sameLine(source, phone) {
		return i18n.Text(lang, "phone.place.same")
	}
	return i18n.Text(lang, "phone.place.other")
}

// sameLine reports whether two addresses are those of one subscriber line: the
// same IPv4 address, or one /64.
func sameLine(a, b netip.Addr) bool {
	a, b = a.Unmap(), b.Unmap()
	if a.Is4() || b.Is4() {
		return a == b
	}
	p, err := a.Prefix(64)
	return err == nil && p.Contains(b)
}

func drawNumbers() []string {
	var out []string
	for len(out) < choices {
		n, err := rand.Int(rand.Reader, big.NewInt(90))
		if err != nil {
			panic(err) // crypto/rand does not fail
		}
		if t := strconv.Itoa(10 + int(n.Int64())); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// sorted hides which number was drawn first.
func sorted(numbers []string) []string { return slices.Sorted(slices.Values(numbers)) }
