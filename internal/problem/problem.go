// Package problem names what can go wrong by its meaning to the person who
// asked, not by where it happened.
//
// Domain packages return an *Error; web turns its Kind into a status, its Key
// into the sentence that the person reads, and its Err into the log line. The
// two sentences are never the same: the log's may name tables and hosts, the
// person's says what to do next. Any other error counts as Internal.
package problem

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind is the meaning of an error. The zero value is Internal, so that a
// forgotten kind is never mistaken for the caller's fault.
type Kind int

const (
	Internal         Kind = iota // our fault: 500
	Invalid                      // a form's content is refused: 422
	BadRequest                   // the request itself makes no sense: 400
	NotFound                     // 404
	Forbidden                    // 403
	MethodNotAllowed             // 405
	TooLarge                     // the body passes its bound: 413
	TooMany                      // a limit is reached, see RetryAfter: 429
	Gone                         // it was here and is used up or expired: 410
	Unavailable                  // something we depend on is down: 503
	Misdirected                  // a host this process does not serve: 421
	Timeout                      // we ran out of time: 504
)

var kinds = [...]struct {
	name   string
	status int
}{
	Internal:         {"internal", 500},
	Invalid:          {"invalid", 422},
	BadRequest:       {"bad request", 400},
	NotFound:         {"not found", 404},
	Forbidden:        {"forbidden", 403},
	MethodNotAllowed: {"method not allowed", 405},
	TooLarge:         {"too large", 413},
	TooMany:          {"too many", 429},
	Gone:             {"gone", 410},
	Unavailable:      {"unavailable", 503},
	Misdirected:      {"misdirected", 421},
	Timeout:          {"timeout", 504},
}

// String is the kind's name in logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return kinds[Internal].name
	}
	return kinds[k].name
}

// Status is the HTTP status of the kind (RFC 9110 §15).
func (k Kind) Status() int {
	if k < 0 || int(k) >= len(kinds) {
		return kinds[Internal].status
	}
	return kinds[k].status
}

// Error is an error with a meaning.
type Error struct {
	Kind Kind
	// Key is the catalogue key of the person's sentence; empty means the
	// kind's general sentence. Args fill it.
	Key  string
	Args []any
	// RetryAfter, when positive, says how long to wait before another try.
	RetryAfter time.Duration
	// Err is the cause, for the log only. It must hold no secret.
	Err error
}

// New returns an Error; key and err may be empty.
func New(kind Kind, key string, err error) *Error {
	return &Error{Kind: kind, Key: key, Err: err}
}

// With returns e with the arguments of its sentence set.
func (e *Error) With(args ...any) *Error {
	e.Args = args
	return e
}

// Error is the log's sentence.
func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%s: %v", e.Kind, e.Err)
	case e.Key != "":
		return fmt.Sprintf("%s (%s)", e.Kind, e.Key)
	}
	return e.Kind.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns err as an *Error: itself when it is one, Timeout for a passed
// deadline, else Internal. It returns nil for nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: Timeout, Err: err}
	}
	return &Error{Err: err}
}

// KindOf is the Kind of err, Internal for an error without one.
func KindOf(err error) Kind {
	if e := Of(err); e != nil {
		return e.Kind
	}
	return Internal
}
