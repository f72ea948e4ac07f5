package identity

import (
	"context"
	"errors"
	"time"

	"motcua/internal/db"
)

// A RiskSignal knows whether a phone's SIM was changed lately: a code sent
// there may reach a thief (OTP-07). Implementations bound their own time.
type RiskSignal interface {
	SwappedRecently(ctx context.Context, phone string) (bool, error)
}

// ErrSIMSwapped says that no code is sent because the SIM was changed lately:
// the phone's app or the counter are the way.
var ErrSIMSwapped = errors.New("identity: SIM changed lately")

const (
	// stateHeld is an attempt without a code, because of ErrSIMSwapped.
	stateHeld = "held"
	heldSIM   = "sim_swap"
	// riskTimeout bounds the question: who signs in waits for it.
	riskTimeout = 2 * time.Second
)

// swapped asks the signal, outside of any transaction. A signal that fails
// allows: it is the carrier's and must not be able to shut everybody out.
func (s *Service) swapped(ctx context.Context, accountID, phone string) bool {
	if s.Risk == nil || db.InTx(ctx) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, riskTimeout)
	defer cancel()
	swapped, err := s.Risk.SwappedRecently(ctx, phone)
	if err != nil {
		s.Log.WarnContext(ctx, "the SIM signal failed, the code is sent", "account", accountID, "error", err)
		return false
	}
	return swapped
}
