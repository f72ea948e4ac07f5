package e2e_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

func TestPW01_OTP05_Boxes(t *testing.T) {
	onBoth(t, apptest.Options{}, func(t *testing.T, w *world, h *overHTTP) {
		box := func(name string, want map[string]string) {
			t.Helper()
			boxes := h.page.Find("input", "name", name)
			if len(boxes) != 1 {
				t.Fatalf("%d boxes %q on %s", len(boxes), name, h.page.URL)
			}
			have := map[string]string{}
			for _, a := range boxes[0].Attr {
				have[a.Key] = a.Val
			}
			for key, value := range want {
				if have[key] != value {
					t.Errorf("box %s: %s=%q, want %q", name, key, have[key], value)
				}
			}
			// What was copied with blanks and dots must fit, and nothing may
			// refuse it before we read it.
			for _, key := range []string{"pattern", "readonly", "onpaste", "min", "max"} {
				if _, ok := have[key]; ok {
					t.Errorf("box %s has %s", name, key)
				}
			}
			if n := len(have["maxlength"]); n < 2 || n == 2 && have["maxlength"] < "16" {
				t.Errorf("box %s: maxlength %q", name, have["maxlength"])
			}
		}
		w.Open(w.Portal + signInPath)
		box("ten", map[string]string{"type": "text", "inputmode": "numeric", "autocomplete": "username", "maxlength": "32"})
		box("mk", map[string]string{"type": "password", "autocomplete": "current-password", "maxlength": "256"})
		w.Fill("ten", " 099.084 001.258\u00a0")
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		w.See("Nhập mã OTP")
		box("ma", map[string]string{"type": "text", "inputmode": "numeric", "autocomplete": "one-time-code"})
		code := w.OTP(person.Phone)
		w.Fill("ma", " "+code[:3]+"\u00a0"+code[3:]+"\t")
		w.Press("Xác nhận")
		w.See("Xin chào " + person.Name)
	})
}

var requestID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func TestPW05_OnePageForAllRefusals(t *testing.T) {
	onBoth(t, apptest.Options{ProductionLimits: true}, func(t *testing.T, w *world, _ *overHTTP) {
		if err := w.People.Lock(t.Context(), console, demo.Citizens[2].Number); err != nil {
			t.Fatal(err)
		}
		blocked, stranger := demo.Citizens[1].Number, "099084009990"
		type refusal struct {
			status int
			header string
			body   string
		}
		try := func(number, password string) refusal {
			h := newHTTP(t, w.App)
			h.Open(w.Portal + signInPath)
			h.Fill("ten", number)
			h.Fill("mk", password)
			h.Press("Đăng nhập")
			keys := make([]string, 0, len(h.page.Header))
			for key, values := range h.page.Header {
				if key != "Date" && key != "Content-Length" {
					keys = append(keys, key+": "+strings.Join(values, ", "))
				}
			}
			slices.Sort(keys)
			body := strings.ReplaceAll(h.page.Body, number, "NUMBER")
			return refusal{h.page.Status, strings.Join(keys, "\n"), requestID.ReplaceAllString(body, "REQUEST")}
		}
		for range 6 {
			try(blocked, "khong phai mat khau")
			try(stranger, "khong phai mat khau")
		}
		want := try(person.Number, "khong phai mat khau")
		for name, got := range map[string]refusal{
			"unknown":                       try("099084009999", demo.CitizenPassword),
			"locked, right password":        try(demo.Citizens[2].Number, demo.CitizenPassword),
			"locked, wrong password":        try(demo.Citizens[2].Number, "khong phai mat khau"),
			"blocked, right password":       try(blocked, demo.CitizenPassword),
			"unknown, after many refusals":  try(stranger, "khong phai mat khau"),
			"account without any password":  try(w.withoutPassword(), "khong phai mat khau"),
			"right account, empty-like one": try(person.Number, " "),
		} {
			if got != want {
				t.Errorf("%s is told apart: %d\n%s\n%s", name, got.status, got.header, got.body)
			}
		}
	})
}

// withoutPassword makes an account that has not set its password yet.
func (w *world) withoutPassword() string {
	p := demo.Person{Number: "099090013339", Name: "Người Mới", Phone: "+84900000319", BirthDate: "1990-01-01"}
	if _, _, err := w.People.Add(w.t.Context(), console, account(p)); err != nil {
		w.t.Fatal(err)
	}
	return p.Number
}
