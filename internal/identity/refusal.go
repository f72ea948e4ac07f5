package identity

// A Code says why the phone app's wish was refused; pages and the app have the
// sentences.
type Code string

const (
	NotSigned      Code = "not_signed"
	NotActivated   Code = "not_activated"
	AccountLocked  Code = "account_locked"
	PhoneLocked    Code = "locked"
	WeakPasscode   Code = "weak_passcode"
	WrongPasscode  Code = "wrong_passcode"
	NeedPasscode   Code = "need_passcode"
	BadProof       Code = "bad_proof"
	BadText        Code = "bad_text"
	StaleCode      Code = "stale_code"
	UnknownCode    Code = "unknown_code"
	SecondScanner  Code = "second_scanner"
	BlockedNetwork Code = "blocked_network"
	OwnPending     Code = "own_pending"
	Over           Code = "over"
	Taken          Code = "taken"
	WrongNumber    Code = "wrong_number"
	WrongOTP       Code = "wrong_otp"
)

// A Refusal is an answer of the phone's rules that is no fault of the program.
type Refusal struct {
	Code Code
	// Reason goes with WeakPasscode and WrongOTP.
	Reason string
	// Left is how many tries remain, for WrongPasscode, WrongOTP, UnknownCode.
	Left int
	// Pending goes with OwnPending: what waits for an answer.
	Pending *Scanned
}

func (r *Refusal) Error() string { return "identity: refused: " + string(r.Code) }

func refuse(c Code) error { return &Refusal{Code: c} }

// Refusal is a verdict that did not confirm, as the app is told.
func (v Verdict) Refusal() *Refusal {
	return &Refusal{Code: WrongOTP, Left: v.Left, Reason: v.Outcome.reason()}
}
