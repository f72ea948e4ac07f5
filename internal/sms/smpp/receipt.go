package smpp

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/linxGnu/gosmpp/pdu"

	"motcua/internal/sms"
)

// esmReceipt are the bits of esm_class that make a deliver_sm a receipt.
const (
	esmReceipt     = 0x04
	esmReceiptMask = 0x3C
)

// message_state, SMPP 3.4 §5.2.28.
const (
	stateDelivered, stateExpired, stateDeleted, stateUndeliverable, stateRejected = 2, 3, 4, 5, 8
)

// Carriers write receipts as SMPP 3.4 appendix B proposes, more or less.
var (
	receiptID   = regexp.MustCompile(`(?i)\bid:\s*([^\s]{1,128})`)
	receiptStat = regexp.MustCompile(`(?i)\bstat:\s*([a-z]{1,10})`)
	receiptErr  = regexp.MustCompile(`(?i)\berr:\s*([0-9a-z]{1,10})`)
)

// readReceipt returns what a deliver_sm tells of the end of a message. News on
// the way, other messages and what cannot be read are no receipt.
func (c Config) readReceipt(p *pdu.DeliverSM) (r sms.Receipt, ok bool) {
	if p.EsmClass&esmReceiptMask != esmReceipt {
		return r, false
	}
	text := receiptText(p)
	r.Provider = c.Name
	if m := receiptID.FindStringSubmatch(text); m != nil {
		r.Ref = c.refOf(m[1])
	}
	// The field is the carrier's id as its answer had it; the text is not
	// always.
	if f, has := p.OptionalParameters[pdu.TagReceiptedMessageID]; has && strings.Trim(f.String(), "\x00 ") != "" {
		r.Ref = strings.Trim(f.String(), "\x00 ")
	}
	if m := receiptErr.FindStringSubmatch(text); m != nil {
		r.Code = m[1]
	}
	if m := receiptStat.FindStringSubmatch(text); m != nil {
		switch strings.ToUpper(m[1]) {
		case "DELIVRD":
			r.State = sms.Delivered
		case "EXPIRED", "DELETED", "UNDELIV", "REJECTD":
			r.State = sms.Failed
		}
		r.Code = strings.TrimSpace(strings.ToUpper(m[1]) + " " + r.Code)
	}
	if f, has := p.OptionalParameters[pdu.TagMessageStateOption]; has && len(f.Data) == 1 {
		switch f.Data[0] {
		case stateDelivered:
			r.State = sms.Delivered
		case stateExpired, stateDeleted, stateUndeliverable, stateRejected:
			r.State = sms.Failed
		default:
			r.State = ""
		}
	}
	return r, r.Ref != "" && r.State != ""
}

// receiptText is the text as bytes: the part that matters is ASCII, whatever
// the coding says.
func receiptText(p *pdu.DeliverSM) string {
	if f, has := p.OptionalParameters[pdu.TagMessagePayload]; has && len(f.Data) > 0 {
		return string(f.Data)
	}
	b, err := p.Message.GetMessageData()
	if err != nil {
		return ""
	}
	return string(b)
}

// refOf turns a receipt's id into the form of the answer's.
func (c Config) refOf(id string) string {
	from, to := 10, 16
	switch c.Refs {
	case RefHex:
	case RefDecimal:
		from, to = 16, 10
	default:
		return id
	}
	n, ok := new(big.Int).SetString(id, from)
	if !ok || n.Sign() < 0 {
		return id
	}
	return n.Text(to)
}

// answerRef is the answer's id in the form that refOf makes: carriers are free
// with leading zeros and capitals.
func (c Config) answerRef(id string) string {
	base := map[RefForm]int{RefHex: 16, RefDecimal: 10}[c.Refs]
	if base == 0 {
		return id
	}
	n, ok := new(big.Int).SetString(id, base)
	if !ok || n.Sign() < 0 {
		return id
	}
	return n.Text(base)
}
