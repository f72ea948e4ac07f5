package signin

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Kind says what a failed sign-in means for the person in front of it.
type Kind string

const (
	// Cancelled: the person went back at the provider (error=access_denied).
	Cancelled Kind = "cancelled"
	// Refused: the provider answered, properly, that it will not.
	Refused Kind = "refused"
	// Expired: the transaction is older than [TransactionLife] and was
	// already begun again once, or its row is gone.
	Expired Kind = "expired"
	// Replayed: this answer was used before, as the back button does.
	Replayed Kind = "replayed"
	// WrongBrowser: the answer belongs to a transaction of another browser.
	WrongBrowser Kind = "wrong_browser"
	// MixUp: the answer comes from another provider than the one asked.
	MixUp Kind = "mix_up"
	// Down: no connection, or the provider says it is not working.
	Down Kind = "down"
	// Slow: no complete answer within the time limit.
	Slow Kind = "slow"
	// WrongAnswer: an answer that breaks the protocol or fails a check.
	WrongAnswer Kind = "wrong_answer"
	// LevelTooLow: the account is in order and below the level that the page
	// or the service demands.
	LevelTooLow Kind = "level"
)

// Failure is every refusal of this package.
type Failure struct {
	Kind Kind
	// Reason is a stable code without personal data, for audit and log.
	Reason string
	// ReturnTo is the path the person wanted, if the transaction is known.
	ReturnTo string
	// Again is set when the sign-in may be begun again without asking: hand
	// it to [Service.Start]. It is set once per sign-in (SES-05).
	Again *Request
	// Need and Has go with LevelTooLow; Has may be "".
	Need, Has string
	// Err is the cause. It never holds a token, code or claim.
	Err error
}

func (f *Failure) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("sign-in %s (%s): %v", f.Kind, f.Reason, f.Err)
	}
	return fmt.Sprintf("sign-in %s (%s)", f.Kind, f.Reason)
}

func (f *Failure) Unwrap() error { return f.Err }

func fail(kind Kind, reason string, err error) *Failure {
	return &Failure{Kind: kind, Reason: reason, Err: err}
}

// AsFailure finds the Failure in err. Other errors (a database that does not
// answer, say) are not failures of the sign-in and give nil.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// withReturn fills the way back into a failure that has none.
func withReturn(err error, returnTo string) error {
	if f := AsFailure(err); f != nil && f.ReturnTo == "" {
		f.ReturnTo = returnTo
	}
	return err
}

// callFailure maps an error of an outgoing call.
func callFailure(err error) *Failure {
	if f := AsFailure(err); f != nil {
		return f
	}
	var ne net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &ne) && ne.Timeout()) {
		return fail(Slow, "timeout", err)
	}
	return fail(Down, "unreachable", err)
}
