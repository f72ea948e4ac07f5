package credential_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/credential"
)

// The secret and the last six digits of the codes of RFC 6238, appendix B.
var rfc6238 = []byte("12345678901234567890")

func TestTOTP01_VectorsOfTheRFC(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := credential.TOTPCode(rfc6238, credential.TOTPStep(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestTOTP01_OneStepEitherWay(t *testing.T) {
	now := time.Unix(1_800_000_015, 0)
	middle := credential.TOTPStep(now)
	for d := int64(-3); d <= 3; d++ {
		step, ok := credential.MatchTOTP(rfc6238, credential.TOTPCode(rfc6238, middle+d), now)
		if want := d >= -1 && d <= 1; ok != want || ok && step != middle+d {
			t.Errorf("%d steps off: %t, step %d", d, ok, step)
		}
	}
}

func TestTOTP01_TypedCodes(t *testing.T) {
	now := time.Unix(59, 0)
	for _, typed := range []string{"287082", "287 082", " 287-082 ", "287.082"} {
		if _, ok := credential.MatchTOTP(rfc6238, typed, now); !ok {
			t.Errorf("%q is refused", typed)
		}
	}
	for _, typed := range []string{"", "28708", "2870822", "28708x", "２８７０８２", strings.Repeat(" ", 99) + "287082"} {
		if _, ok := credential.MatchTOTP(rfc6238, typed, now); ok {
			t.Errorf("%q is accepted", typed)
		}
	}
}

func TestTOTP01_SecretForApps(t *testing.T) {
	if got := credential.TOTPText(rfc6238); got != "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" {
		t.Errorf("text %q", got)
	}
	u, err := url.Parse(credential.TOTPURI(rfc6238, "Một cửa: Hưng Yên", "toan.dq"))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Một cửa  Hưng Yên:toan.dq" || q.Get("issuer") != "Một cửa  Hưng Yên" ||
		q.Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || strings.Contains(u.RawQuery, "+") {
		t.Errorf("%s", u)
	}
	if a, b := credential.NewTOTPSecret(), credential.NewTOTPSecret(); len(a) != 20 || string(a) == string(b) {
		t.Error("secrets are not random")
	}
}
