package config

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What --qr-notice takes.
const (
	QRNoticeSMS = "sms"
	QRNoticeOff = "off"
)

// MaxLabel bounds a network's name, in characters: a phone shows it in one line
// or two.
const MaxLabel = 80

func (c *Config) checkNetworks(v *check) {
	for k, label := range c.NetworkLabels {
		_, err := parsePrefix(k)
		label = strings.TrimSpace(label)
		if err != nil || label == "" || utf8.RuneCountInString(label) > MaxLabel || strings.ContainsFunc(label, unicode.IsControl) {
			v.add("network-label", "%s=%s: cần dải địa chỉ và tên nơi, nhiều nhất %d ký tự.", "%s=%s: needs a network range and the name of a place, at most %d characters.", k, label, MaxLabel)
		}
	}
	if c.QRNotice != QRNoticeSMS && c.QRNotice != QRNoticeOff {
		v.add("qr-notice", "Chỉ nhận sms hoặc off.", "Must be sms or off.")
	}
}

// NetworkLabel returns what the narrowest configured range calls the place of
// an address, or "".
func (c *Config) NetworkLabel(a netip.Addr) string {
	label, bits := "", -1
	for k, v := range c.NetworkLabels {
		p, err := parsePrefix(k)
		if err == nil && p.Contains(a.Unmap()) && p.Bits() > bits {
			label, bits = strings.TrimSpace(v), p.Bits()
		}
	}
	return label
}
