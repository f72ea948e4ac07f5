package smpp_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"motcua/internal/sms"
	"motcua/internal/sms/smpp"
)

// deliver is a whole deliver_sm.
func deliver(body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
	b = binary.BigEndian.AppendUint32(b, cmdDeliver)
	return append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, 0), 1), body...)
}

func tlv(tag uint16, value string) []byte {
	b := binary.BigEndian.AppendUint16(nil, tag)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(value))), value...)
}

func TestReceiptsAsCarriersWriteThem(t *testing.T) {
	delivered, failed := sms.Delivered, sms.Failed
	for name, c := range map[string]struct {
		refs  smpp.RefForm
		text  string
		tlv   []byte
		ref   string
		state sms.State // "": no receipt
	}{
		"appendix B":          {"", "id:0123456789 sub:001 dlvrd:001 submit date:2611180900 done date:2611180901 stat:DELIVRD err:000 text:481905", nil, "0123456789", delivered},
		"small letters":       {"", "ID:abc Stat:delivrd Err:0", nil, "abc", delivered},
		"spaces":              {"", "id: abc stat: UNDELIV err: 1", nil, "abc", failed},
		"expired":             {"", "id:a stat:EXPIRED", nil, "a", failed},
		"deleted":             {"", "id:a stat:DELETED", nil, "a", failed},
		"rejected":            {"", "id:a stat:REJECTD", nil, "a", failed},
		"on the way":          {"", "id:a stat:ENROUTE", nil, "", ""},
		"accepted":            {"", "id:a stat:ACCEPTD", nil, "", ""},
		"unknown":             {"", "id:a stat:UNKNOWN", nil, "", ""},
		"no id":               {"", "stat:DELIVRD", nil, "", ""},
		"nothing":             {"", "", nil, "", ""},
		"fields alone":        {"", "", append(tlv(0x001e, "x77\x00"), tlv(0x0427, "\x02")...), "x77", delivered},
		"fields: failed":      {"", "", append(tlv(0x001e, "x77\x00"), tlv(0x0427, "\x05")...), "x77", failed},
		"fields: on the way":  {"", "id:77 stat:DELIVRD", append(tlv(0x001e, "x77\x00"), tlv(0x0427, "\x01")...), "", ""},
		"field beats text":    {"", "id:77 stat:DELIVRD", tlv(0x001e, "x77\x00"), "x77", delivered},
		"payload":             {"", "", tlv(0x0424, "id:77 stat:DELIVRD err:000"), "77", delivered},
		"hex in the answer":   {smpp.RefHex, "id:0000000255 stat:DELIVRD", nil, "ff", delivered},
		"decimal, said hex":   {smpp.RefDecimal, "id:FF stat:DELIVRD", nil, "255", delivered},
		"form does not apply": {smpp.RefHex, "id:abc-1 stat:DELIVRD", nil, "abc-1", delivered},
	} {
		cfg := config("127.0.0.1:1")
		cfg.Refs = c.refs
		got, ok := smpp.ReadReceipt(cfg, deliver(receipt(c.text, c.tlv...)))
		if ok != (c.state != "") || ok && (got.Ref != c.ref || got.State != c.state) {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add(receipt("id:1 stat:DELIVRD err:000"))
	f.Add(receipt("id:1 stat:DELIVRD", tlv(0x001e, "a\x00")...))
	f.Add([]byte{0, 1, 1, 0, 5, 0, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xff, 0, 3})
	f.Add([]byte{0, 1, 1, 0, 5, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 6, 5, 0, 3, 1, 2, 1})
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 8000 {
			return
		}
		for _, refs := range []smpp.RefForm{smpp.RefSame, smpp.RefHex, smpp.RefDecimal} {
			c := config("127.0.0.1:1")
			c.Refs = refs
			r, ok := smpp.ReadReceipt(c, deliver(body))
			if ok && (r.Ref == "" || r.State != sms.Delivered && r.State != sms.Failed || len(r.Code) > 40 || !utf8.ValidString(strings.ToValidUTF8(r.Ref, ""))) {
				t.Errorf("%+v", r)
			}
		}
	})
}
