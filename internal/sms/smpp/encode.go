package smpp

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"motcua/internal/sms"
)

// Types of number (TON) and numbering plans (NPI), SMPP 3.4 §5.2.5.
const (
	tonUnknown, tonInternational, tonNational, tonShort, tonName = 0, 1, 2, 3, 5
	npiUnknown, npiISDN                                          = 0, 1

	// shortNumber is the length from which digits are no short number.
	shortNumber = 8

	esmUDH          = 0x40
	receiptWanted   = 1
	validityMinimum = time.Minute
)

// messages packs a message into the PDUs of its parts.
func (c Config) messages(m sms.Message, now time.Time) ([]*pdu.SubmitSM, error) {
	from, err := c.sender()
	if err != nil {
		return nil, err
	}
	to, err := c.receiver(m.To)
	if err != nil {
		return nil, err
	}
	parts, gsm7 := sms.Split(m.Text)
	if len(parts) > 255 {
		return nil, fmt.Errorf("%d parts", len(parts))
	}
	encoding := data.UCS2
	if gsm7 {
		encoding = data.GSM7BIT
	}
	ref := byte(rand.UintN(256))
	out := make([]*pdu.SubmitSM, 0, len(parts))
	for i, text := range parts {
		bytes, err := encoding.Encode(text)
		if err != nil {
			// The library's error quotes nothing, but that is not promised.
			return nil, fmt.Errorf("part %d cannot be encoded", i+1)
		}
		p, ok := pdu.NewSubmitSM().(*pdu.SubmitSM)
		if !ok {
			return nil, fmt.Errorf("the library makes no submit_sm")
		}
		p.SourceAddr, p.DestAddr = from, to
		p.RegisteredDelivery = receiptWanted
		p.ValidityPeriod = validity(m.NotAfter, now)
		if err := p.Message.SetMessageDataWithEncoding(bytes, encoding); err != nil {
			return nil, err
		}
		if len(parts) > 1 {
			p.EsmClass |= esmUDH
			p.Message.SetUDH(pdu.UDH{pdu.NewIEConcatMessage(byte(len(parts)), byte(i+1), ref)})
		}
		out = append(out, p)
	}
	return out, nil
}

func (c Config) sender() (pdu.Address, error) {
	ton, npi := byte(tonName), byte(npiUnknown)
	switch {
	case digits.MatchString(c.Source) && len(c.Source) < shortNumber:
		ton, npi = tonShort, npiUnknown
	case digits.MatchString(c.Source):
		ton, npi = tonInternational, npiISDN
	}
	return pdu.NewAddressWithTonNpiAddr(ton, npi, c.Source)
}

// receiver writes a number without its plus: its type says the same.
func (c Config) receiver(e164 string) (pdu.Address, error) {
	number := c.Phone.Of(e164)
	if c.Phone == sms.PhoneNational {
		return pdu.NewAddressWithTonNpiAddr(tonNational, npiISDN, number)
	}
	return pdu.NewAddressWithTonNpiAddr(tonInternational, npiISDN, trimPlus(number))
}

func trimPlus(s string) string {
	if s != "" && s[0] == '+' {
		return s[1:]
	}
	return s
}

// validity keeps the carrier from delivering after the message has lost its
// use: a relative time of SMPP 3.4 §7.1.1.2, "" for none.
func validity(notAfter, now time.Time) string {
	if notAfter.IsZero() {
		return ""
	}
	left := max(notAfter.Sub(now), validityMinimum)
	days := int(left / (24 * time.Hour))
	if days > 27 {
		return ""
	}
	left -= time.Duration(days) * 24 * time.Hour
	return fmt.Sprintf("0000%02d%02d%02d%02d000R", days, int(left.Hours()), int(left.Minutes())%60, int(left.Seconds())%60)
}
