package obs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/obs"
)

func logged(t *testing.T, f func(*slog.Logger)) string {
	t.Helper()
	var b bytes.Buffer
	f(obs.NewLogger(&b, slog.LevelDebug))
	line := b.String()
	if !json.Valid(b.Bytes()) || strings.Count(line, "\n") != 1 {
		t.Fatalf("not one JSON line: %s", line)
	}
	return line
}

func TestOTP09_SecretsGoByTheirNames(t *testing.T) {
	for _, key := range []string{
		"password", "Password", "new_password", "newPassword", "otp", "otpCode", "code", "authCode", "token", "access_token", "idToken",
		"client_secret", "ClientSecret", "cookie", "Set-Cookie", "Authorization", "x-api-key", "master_key", "pepper", "passcode", "pin",
		"sms.text", "body", "form", "code_verifier", "mat_khau",
	} {
		line := logged(t, func(l *slog.Logger) { l.Info("x", key, "hush7") })
		if strings.Contains(line, "hush7") || !strings.Contains(line, obs.Redacted) {
			t.Errorf("%s: %s", key, line)
		}
		line = logged(t, func(l *slog.Logger) { l.Info("x", key, 481905) })
		if strings.Contains(line, "481905") {
			t.Errorf("%s as a number: %s", key, line)
		}
	}
}

func TestLOG01_OrdinaryAttributesStay(t *testing.T) {
	for key, value := range map[string]string{
		"path": "/dich-vu-cong", "status": "200", "token_type": "bearer", "otp_id": "0192f1a0-7b3c-7def-8a1b-123456789012",
		"status_code": "500", "error_code": "invalid_grant", "kind": "sms.send", "state": "queued", "reason": "wrong_password",
		"request_id": "0192f1a07b3c7def8a1b123456789012", "outcome": "ok", "password_length": "12", "codec": "x", "pinned": "yes", "context": "x",
	} {
		line := logged(t, func(l *slog.Logger) { l.Info("served", key, value) })
		if !strings.Contains(line, `"`+key+`":"`+value+`"`) {
			t.Errorf("%s=%s: %s", key, value, line)
		}
	}
	line := logged(t, func(l *slog.Logger) {
		l.Info("served", "took_ms", 12, "bytes", 123456, "slow", true, "took", time.Second)
	})
	for _, want := range []string{`"took_ms":12`, `"bytes":123456`, `"slow":true`, `"took":1000000000`, `"msg":"served"`, `"level":"INFO"`, `"time":"20`} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is missing in %s", want, line)
		}
	}
}

type person struct {
	Name, Number, Password string
	Inner                  map[string]any
}

type printed string

func (p printed) String() string { return string(p) }

type panics struct{}

func (panics) Error() string { panic("no") }

func TestLOG01_RedactionReachesEverywhere(t *testing.T) {
	u, _ := url.Parse("https://u:hush7@sms.example.vn/?token=hush7")
	for name, f := range map[string]func(*slog.Logger){
		"message":         func(l *slog.Logger) { l.Info("account 099084001258 from +84900000123") },
		"attribute":       func(l *slog.Logger) { l.Info("x", "who", "099084001258") },
		"With":            func(l *slog.Logger) { l.With("password", "hush7").Info("x") },
		"group":           func(l *slog.Logger) { l.Info("x", slog.Group("a", slog.Group("b", "password", "hush7"))) },
		"group's name":    func(l *slog.Logger) { l.Info("x", slog.Group("cookies", "lang", "hush7")) },
		"WithGroup":       func(l *slog.Logger) { l.WithGroup("secret").Info("x", "session_id", "hush7") },
		"error":           func(l *slog.Logger) { l.Info("x", "err", errors.New("gateway said 481905 for 0900000123")) },
		"wrapped in any":  func(l *slog.Logger) { l.Info("x", "all", []any{"099084001258", map[string]any{"otp": "hush7"}}) },
		"struct":          func(l *slog.Logger) { l.Info("x", "p", person{Number: "099084001258", Password: "hush7"}) },
		"pointer":         func(l *slog.Logger) { l.Info("x", "p", &person{Inner: map[string]any{"token": []string{"hush7"}}}) },
		"map in a map":    func(l *slog.Logger) { l.Info("x", "p", map[string]any{"token": map[string]string{"x": "hush7"}}) },
		"stringer":        func(l *slog.Logger) { l.Info("x", "p", printed("099084001258")) },
		"address":         func(l *slog.Logger) { l.Info("x", "u", u) },
		"headers":         func(l *slog.Logger) { l.Info("x", "h", http.Header{"Cookie": {"hush7"}}) },
		"map's key":       func(l *slog.Logger) { l.Info("x", "m", map[string]int{"099084001258": 1}) },
		"bytes":           func(l *slog.Logger) { l.Info("x", "b", []byte("hush7")) },
		"raw JSON number": func(l *slog.Logger) { l.Info("x", "m", map[string]any{"otp": 481905}) },
		"LogValuer":       func(l *slog.Logger) { l.Info("x", "v", valuer{}) },
	} {
		line := logged(t, f)
		for _, secret := range []string{"hush7", "481905", "099084001258", "900000123"} {
			if strings.Contains(line, secret) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

type valuer struct{}

func (valuer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("password", "hush7"), slog.String("n", "099084001258"))
}

func TestUnprintableValuesDoNotBreakTheLine(t *testing.T) {
	for _, v := range []any{panics{}, func() {}, make(chan int), (*url.URL)(nil), map[any]any{1: 2}, strings.Repeat("x", 2*obs.MaxText), make([]int, obs.MaxText), nil} {
		if line := logged(t, func(l *slog.Logger) { l.Info("x", "v", v) }); len(line) > obs.MaxText+300 {
			t.Errorf("%T: %d bytes", v, len(line))
		}
	}
	line := logged(t, func(l *slog.Logger) {
		l.Info("x", "addr", netip.MustParseAddr("203.113.131.100"), "at", time.Unix(0, 0).UTC())
	})
	if !strings.Contains(line, `"203.113.131.100"`) || !strings.Contains(line, "1970-01-01T00:00:00Z") {
		t.Error(line)
	}
}
