package problem

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestOf(t *testing.T) {
	cause := errors.New("no such row")
	for _, c := range []struct {
		err    error
		kind   Kind
		status int
	}{
		{New(NotFound, "", cause), NotFound, 404},
		{fmt.Errorf("reading: %w", New(TooMany, "id.otp.toomany", nil)), TooMany, 429},
		{fmt.Errorf("query: %w", context.DeadlineExceeded), Timeout, 504},
		{cause, Internal, 500},
		{&Error{}, Internal, 500},
		{New(Kind(99), "", nil), Kind(99), 500},
	} {
		if got := KindOf(c.err); got != c.kind || got.Status() != c.status {
			t.Errorf("KindOf(%v) = %v (%d), want %v (%d)", c.err, got, got.Status(), c.kind, c.status)
		}
	}
	if Of(nil) != nil {
		t.Error("Of(nil) is not nil")
	}
	if e := New(Gone, "k", cause); !errors.Is(e, cause) {
		t.Error("the cause is lost")
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	for k := Internal; k <= Timeout; k++ {
		if k.Status() < 400 || k.String() == "" {
			t.Errorf("kind %d: %q %d", k, k, k.Status())
		}
	}
}
