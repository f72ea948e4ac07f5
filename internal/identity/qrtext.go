package identity

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// qrToken finds the attempt; it is derived, so that every process can draw the
// code and no row holds it.
func (s *Service) qrToken(id string) string {
	return base64.RawURLEncoding.EncodeToString(s.Box.MAC("qr-token", []byte(id))[:qrTokenBytes])
}

// qrCode is the code to type, nine digits.
func (s *Service) qrCode(id string) string {
	return fmt.Sprintf("%09d", binary.BigEndian.Uint64(s.Box.MAC("qr-code", []byte(id)))%codeMax)
}

func (s *Service) qrCodeDigest(code string) string { return s.mac("qr-code-digest", code) }

func (s *Service) qrStepMAC(id string, step int) string {
	return base64.RawURLEncoding.EncodeToString(s.Box.MAC("qr-step", []byte(id+"."+strconv.Itoa(step)))[:qrMACBytes])
}

// qrText is what the picture says now: at most 84 bytes with an address of 40.
func (s *Service) qrText(a *qrAttempt, now time.Time) string {
	step := int(max(0, now.Sub(a.CreatedAt)) / qrStep)
	return s.IDURL + qrPath + s.qrToken(a.ID) + "." + strconv.Itoa(step) + "." + s.qrStepMAC(a.ID, step)
}

// parseQR takes the text of a QR code apart. It errs with a *Refusal: what is
// no code of ours at all, and one that is too old or forged.
func (s *Service) parseQR(text string) (token string, step int, mac string, err error) {
	rest, ours := strings.CutPrefix(strings.TrimSpace(text), s.IDURL+qrPath)
	parts := strings.Split(rest, ".")
	if !ours || len(parts) != 3 || len(parts[0]) != base64.RawURLEncoding.EncodedLen(qrTokenBytes) ||
		len(parts[2]) != base64.RawURLEncoding.EncodedLen(qrMACBytes) {
		return "", 0, "", refuse(BadText)
	}
	step, err = strconv.Atoi(parts[1])
	if err != nil || step < 0 || step > int(QRLife/qrStep) {
		return "", 0, "", refuse(BadText)
	}
	return parts[0], step, parts[2], nil
}
