package smpp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"motcua/internal/sms"
)

// Bounds of a Config.
const (
	MaxRate   = 1000
	MaxWindow = 255
	MaxBinds  = 16

	// Limits of SMPP 3.4 §5.2, without the closing zero; carriers give out
	// longer passwords than its eight characters.
	maxSystemID, maxPassword, maxSystemType, maxSource = 15, 32, 12, 20
)

// RefForm is how ids in receipts differ from those in answers.
type RefForm string

const (
	RefSame RefForm = "same"
	// RefHex: the answer's id is hexadecimal, the receipt's decimal.
	RefHex RefForm = "hex"
	// RefDecimal: the answer's id is decimal, the receipt's hexadecimal.
	RefDecimal RefForm = "decimal"
)

// Config describes a carrier's gateway.
type Config struct {
	// Name tells it from other providers, in rows too.
	Name    string
	Address string      // host:port
	TLS     *tls.Config // nil: plain TCP, for a private line or a tunnel
	// SystemID and Password are the account at the carrier.
	SystemID, Password, SystemType string
	// Source is the sender that phones show: a name or a short number.
	Source string
	Phone  sms.PhoneFormat
	// Rate bounds the parts sent in any second, Window those without an
	// answer, both for one bind.
	Rate, Window int
	// Binds is how many processes may be bound at the same time.
	Binds int
	// Enquire is how long a line may be silent before it is asked.
	Enquire time.Duration
	Refs    RefForm
}

var (
	name   = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}$`)
	source = regexp.MustCompile(`^[A-Za-z0-9 ._-]+$`)
	digits = regexp.MustCompile(`^[0-9]+$`)
)

// Check returns everything that is wrong at once, without the password.
func (c Config) Check() error {
	var errs []error
	must := func(ok bool, text string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("smpp %s: "+text, append([]any{c.Name}, args...)...))
		}
	}
	must(name.MatchString(c.Name), "name must be small letters and digits")
	_, _, err := net.SplitHostPort(c.Address)
	must(err == nil, "address must be host:port")
	must(ascii(c.SystemID) && c.SystemID != "" && len(c.SystemID) <= maxSystemID, "system id must have 1 to %d characters", maxSystemID)
	must(ascii(c.Password) && len(c.Password) <= maxPassword, "password must have at most %d characters", maxPassword)
	must(ascii(c.SystemType) && len(c.SystemType) <= maxSystemType, "system type must have at most %d characters", maxSystemType)
	most := 11 // a name on a phone: 3GPP TS 23.040 §9.1.2.5
	if digits.MatchString(c.Source) {
		most = maxSource
	}
	must(source.MatchString(c.Source) && len(c.Source) <= most, "source must have 1 to %d letters or digits", most)
	must(c.Phone == sms.PhoneE164 || c.Phone == sms.PhoneCountry || c.Phone == sms.PhoneNational, "phone format must be e164, 84 or national")
	must(c.Rate >= 1 && c.Rate <= MaxRate, "rate must be from 1 to %d", MaxRate)
	must(c.Window >= 1 && c.Window <= MaxWindow, "window must be from 1 to %d", MaxWindow)
	must(c.Binds >= 1 && c.Binds <= MaxBinds, "binds must be from 1 to %d", MaxBinds)
	must(c.Enquire >= 5*time.Second && c.Enquire <= 10*time.Minute, "enquire must be from 5s to 10m")
	must(c.Refs == RefSame || c.Refs == RefHex || c.Refs == RefDecimal, "receipt ids must be same, hex or decimal")
	return errors.Join(errs...)
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
