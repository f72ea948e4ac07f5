package sms_test

import (
	"strings"
	"testing"

	"motcua/internal/sms"
)

func TestOTP06_Parts(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		gsm7 bool
	}{
		{"", 1, true},
		{strings.Repeat("a", 160), 1, true},
		{strings.Repeat("a", 161), 2, true},
		{strings.Repeat("a", 306), 2, true},
		{strings.Repeat("a", 307), 3, true},
		{strings.Repeat("@£ñÅ\n", 32), 1, true},
		{strings.Repeat("{", 80), 1, true},
		{strings.Repeat("{", 81), 2, true},
		// Two septets are never cut in two: 153 is odd, so a part holds 76.
		{strings.Repeat("€", 152), 2, true},
		{strings.Repeat("€", 153), 3, true},
		{"`", 1, false}, {"đ", 1, false}, {"ç", 1, false},
		{strings.Repeat("ă", 70), 1, false},
		{strings.Repeat("ă", 71), 2, false},
		{strings.Repeat("ă", 134), 2, false},
		{strings.Repeat("ă", 135), 3, false},
		{strings.Repeat("😀", 35), 1, false},
		{strings.Repeat("😀", 36), 2, false},
		// 67 is odd, so a part holds 33 pairs.
		{strings.Repeat("😀", 66), 2, false},
		{strings.Repeat("😀", 67), 3, false},
	} {
		if n, gsm7 := sms.Parts(c.text); n != c.n || gsm7 != c.gsm7 {
			t.Errorf("Parts(%d bytes of %.8q) = %d, %t; want %d, %t", len(c.text), c.text, n, gsm7, c.n, c.gsm7)
		}
	}
}

func TestOTP06_TheCodeMessageFitsOnePart(t *testing.T) {
	// The longest name of a province makes the longest name of a service.
	text := "481905 la ma OTP dang nhap Cong DVC tinh Thai Nguyen (tai khoan ...1258), hieu luc 3 phut. Khong dua ma nay cho bat ky ai, ke ca can bo, cong an."
	if n, gsm7 := sms.Parts(text); n != 1 || !gsm7 {
		t.Errorf("%d parts, GSM-7 %t", n, gsm7)
	}
	for _, says := range []string{"Cong DVC tinh", "dang nhap", "hieu luc 3 phut", "Khong dua ma nay cho bat ky ai"} {
		if !strings.Contains(text, says) {
			t.Errorf("the message does not say %q", says)
		}
	}
	if strings.Contains(text, "http") || strings.Contains(text, ".vn") || strings.Contains(text, "/") {
		t.Error("the message has a link")
	}
}
