package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"motcua/internal/db"
)

const (
	// riskTimeout bounds one question about a SIM: somebody waits for a code.
	riskTimeout = 2 * time.Second
	// maxRiskAnswer bounds what is read of an answer, which has one field.
	maxRiskAnswer = 4 << 10
)

// A RiskHook asks a carrier's or an aggregator's service by HTTP whether a
// phone's SIM was changed lately: POST {"phone":"+84…"}, answered
// {"swapped":true} or {"swapped":false}.
type RiskHook struct {
	url    string
	header http.Header
	client *http.Client
}

// NewRiskHook returns the hook at an address; token, when set, goes along as
// Bearer and is given as env:NAME or file:FILE.
func NewRiskHook(address, token string) (*RiskHook, error) {
	if err := checkAddress(address); err != nil {
		return nil, fmt.Errorf("sms risk: %w", err)
	}
	h := &RiskHook{url: address, header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
		client: &http.Client{Timeout: riskTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if token == "" {
		return h, nil
	}
	secret, err := Secret(token)
	if err != nil {
		return nil, fmt.Errorf("sms risk: %w", err)
	}
	h.header.Set("Authorization", "Bearer "+secret)
	return h, nil
}

// SwappedRecently asks about one phone (E.164). It refuses inside a
// transaction, and its errors hold no number.
func (h *RiskHook) SwappedRecently(ctx context.Context, phone string) (bool, error) {
	if db.InTx(ctx) {
		return false, db.ErrInTx
	}
	body, err := json.Marshal(map[string]string{"phone": phone})
	if err != nil {
		return false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("sms risk: address")
	}
	r.Header = h.header.Clone()
	resp, err := h.client.Do(r)
	if err != nil {
		return false, errors.New("sms risk: no answer")
	}
	defer resp.Body.Close()
	var answer struct {
		Swapped *bool `json:"swapped"`
	}
	switch err := json.NewDecoder(io.LimitReader(resp.Body, maxRiskAnswer)).Decode(&answer); {
	case resp.StatusCode != http.StatusOK:
		return false, fmt.Errorf("sms risk: status %d", resp.StatusCode)
	case err != nil || answer.Swapped == nil:
		return false, errors.New("sms risk: unreadable answer")
	}
	return *answer.Swapped, nil
}
