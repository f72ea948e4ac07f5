package sms_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/sms"
)

func TestOTP07_RiskHook(t *testing.T) {
	status, answer, seen := 200, `{"swapped":true}`, ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen = r.Method + " " + r.Header.Get("Authorization") + " " + string(b)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer srv.Close()
	t.Setenv("RISK_KEY", "bi-mat")
	h, err := sms.NewRiskHook(srv.URL, "env:RISK_KEY")
	if err != nil {
		t.Fatal(err)
	}
	swapped, err := h.SwappedRecently(t.Context(), "+84900000678")
	if err != nil || !swapped || seen != `POST Bearer bi-mat {"phone":"+84900000678"}` {
		t.Errorf("%v %v, asked %q", swapped, err, seen)
	}
	for text, code := range map[string]int{`{"swapped":false}`: 200, `{}`: 200, `<html>`: 200, `{"swapped":true}`: 503} {
		status, answer = code, text
		swapped, err := h.SwappedRecently(t.Context(), "+84900000678")
		if swapped || (err == nil) != (text == `{"swapped":false}`) {
			t.Errorf("%d %s: %v %v", code, text, swapped, err)
		}
		if err != nil && strings.Contains(err.Error(), "678") {
			t.Errorf("the error tells the number: %v", err)
		}
	}
	for _, address := range []string{"http://192.0.2.1/x", "sms", "https://u:p@192.0.2.1/"} {
		if _, err := sms.NewRiskHook(address, ""); err == nil {
			t.Errorf("%s was taken", address)
		}
	}
	if _, err := sms.NewRiskHook(srv.URL, "env:NO_SUCH_RISK_KEY"); err == nil {
		t.Error("a key that is not there was taken")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.WithTx(t.Context(), func(ctx context.Context, _ *db.Tx) error {
			_, err := h.SwappedRecently(ctx, "+84900000678")
			return err
		})
		if !errors.Is(err, db.ErrInTx) {
			t.Errorf("asked inside a transaction: %v", err)
		}
	})
}
