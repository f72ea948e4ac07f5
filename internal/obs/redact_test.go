package obs_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"motcua/internal/obs"
)

const jwt = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLWJ5dGVz"

func TestLOG01_NumbersOfPeopleGo(t *testing.T) {
	for in, want := range map[string]string{
		"account 099084001258 locked":             "account [identity number] locked",
		"099 084 001 258":                         "[identity number]",
		"số 099.084.001.258.":                     "số [identity number].",
		"(0990 8400 1258)":                        "([identity number])",
		"099084 001258":                           "[identity number]",
		"/citizens/099084001258/papers":           "/citizens/[identity number]/papers",
		"sub=099084001258&x=1":                    "sub=[identity number]&x=1",
		"id099084001258":                          "id[identity number]",
		"099084001258,099184001259":               "[identity number],[identity number]",
		"to +84900000123: busy":                   "to [phone]: busy",
		"gọi 0900 000 123 nhé":                    "gọi [phone] nhé",
		"0900.000.123 hoặc 84900000123":           "[phone] hoặc [phone]",
		"+84 900 000 123;+84-0900-000-123":        "[phone];[phone]",
		"tel:0900000123":                          "tel:[phone]",
		`{"to":"84900000123","n":"099084001258"}`: `{"to":"[phone]","n":"[identity number]"}`,
	} {
		if got := obs.Redact(in); got != want {
			t.Errorf("Redact(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestLOG01_SecretsGo(t *testing.T) {
	for in, want := range map[string]string{
		"token " + jwt + " refused":                           "token [redacted] refused",
		"hash $argon2id$v=19$m=19456,t=2,p=1$c2FsdA$a2V5 bad": "hash [redacted] bad",
		"code 7KQM-2XWD-9HJT-V3NB given":                      "code [redacted] given",
		"dial postgres://motcua:p@ss-1@db.local:5432/motcua":  "dial postgres://motcua:[redacted]@db.local:5432/motcua",
		"Authorization: Bearer abc":                           "Authorization: [redacted]",
		"Cookie: __Host-motcua-id-sso=abc; lang=vi":           "Cookie: [redacted]",
		"sent Basic dXNlcjpwYXNz to it":                       "sent Basic [redacted] to it",
		"GET /tro-ve?code=abcdef12&iss=x":                     "GET /tro-ve?code=[redacted]&iss=x",
		"id_token_hint=abc client_secret=s3 password=[x":      "id_token_hint=[redacted] client_secret=[redacted] password=[redacted]",
		`{"password":"xanh la","otp":"1"}`:                    `{"password":"[redacted] la","otp":"[redacted]"}`,
		"mật khẩu password: hunter2":                          "mật khẩu password: [redacted]",
	} {
		if got := obs.Redact(in); got != want {
			t.Errorf("Redact(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestLOG01_RandomStringsGo(t *testing.T) {
	missed := 0
	const tries = 5000
	for range tries {
		b := make([]byte, 32)
		rand.Read(b)
		for _, s := range []string{
			hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b[:16])),
			base64.RawURLEncoding.EncodeToString(b), base64.StdEncoding.EncodeToString(b),
		} {
			if got := obs.Redact("session " + s + " gone"); strings.Contains(got, s) {
				missed++
			}
		}
	}
	// A string of chance can look like a word; it must be as good as never.
	if missed > tries*4/1000 {
		t.Errorf("%d of %d random secrets passed", missed, tries*4)
	}
}

func TestOTP09_CodesGo(t *testing.T) {
	sms := "481905 la ma OTP dang nhap Cong DVC tinh Hung Yen (tai khoan ...1258), hieu luc 3 phut."
	for _, in := range []string{sms, "mã 481 905", "OTP:481905", "wrong code 481905", "gateway said: \"ma: 481905\""} {
		if got := obs.Redact(in); strings.Contains(got, "481") {
			t.Errorf("Redact(%q) = %q", in, got)
		}
	}
	if got := obs.RedactOutside(`{"content":"481905"}`); strings.Contains(got, "481905") {
		t.Errorf("RedactOutside = %q", got)
	}
}

func TestLOG01_OrdinaryTextStays(t *testing.T) {
	for _, s := range []string{
		"request served", "Hệ thống thông tin giải quyết thủ tục hành chính tỉnh Hưng Yên",
		"/dich-vu-cong/cong-dan/dang-nhap", "/static/app-3f2a9c1b7d20.css", "/huong-dan/phan-1-dang-nhap-bang-tai-khoan-va-ma-otp",
		"0192f1a0-7b3c-7def-8a1b-123456789012", "0192F1A0-7B3C-7DEF-8A1B-123456789012/0192f1a0-7b3c-7def-8a1b-123456789012", "203.113.131.100", "127.0.0.1:54329", "2001:ee0:4f0f::1",
		"2026-11-18T09:42:00.123Z", "09:42, 18/11/2026", "took 123456 ns", "read 1048576 bytes", "18112026094212",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36",
		"invalid token: expired", "basic settings", "status code=500", "exit code: 1", "1763434920",
		"motcua/internal/site/portal.(*Site).finishSignInAndRedirectBack(0xc000123456)",
		"/root/go/pkg/mod/github.com/jackc/pgx/v5@v5.12.0/stdlib/sql.go:142 +0x123456789012",
		"Content-Security-Policy-Report-Only", "pq: duplicate key value violates unique constraint \"otp_code_account\"",
		"dial tcp 127.0.0.1:54329: connect: connection refused", "http://localhost:8080/dich-vu-cong/cong-dan?ve=/x",
		"account 0192f1a0-7b3c-7def-8a1b-0123456789ab: password: too short",
		"Hồ sơ H31.12.7-261118-0042 đã nhận", "phường 11953, xã 11977",
	} {
		if got := obs.Redact(s); got != s {
			t.Errorf("Redact(%q) = %q", s, got)
		}
	}
}

func TestRedactBounded(t *testing.T) {
	if got := obs.Redact(strings.Repeat("xã ", obs.MaxText)); len(got) > obs.MaxText+16 {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{"099084001258", "+84900000123", jwt, "Basic ", "a=b", "\xff", "code=123456"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, in := range []string{s, "đầu 099084001258 " + s, s + " +84900000123"} {
			got := obs.Redact(in)
			if in != s && len(in) < obs.MaxText && (strings.Contains(got, "đầu 099084001258") || strings.HasSuffix(got, " +84900000123")) {
				t.Fatalf("Redact(%q) = %q", in, got)
			}
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	line := []string{"request served", "/dich-vu-cong/cong-dan/dang-nhap", "127.0.0.1:54329", "0192f1a0-7b3c-7def-8a1b-123456789012",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"}
	for b.Loop() {
		for _, s := range line {
			obs.Redact(s)
		}
	}
}
