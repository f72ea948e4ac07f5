package signin

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// shared lets callers who want the same answer at the same time wait for one
// call, so that a rush of sign-ins costs one call at a time. The call does not
// end with the caller who happened to start it.
type shared[T any] struct {
	mu      sync.Mutex
	current *call[T]
}

type call[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func (s *shared[T]) do(ctx context.Context, limit time.Duration, fn func(context.Context) (T, error)) (T, error) {
	s.mu.Lock()
	c := s.current
	if c == nil {
		c = &call[T]{done: make(chan struct{})}
		s.current = c
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
			defer cancel()
			defer func() {
				// No handler's recovery watches over this goroutine.
				if r := recover(); r != nil {
					c.err = fmt.Errorf("signin: panic in a call: %v", r)
				}
				s.mu.Lock()
				s.current = nil
				s.mu.Unlock()
				close(c.done)
			}()
			c.value, c.err = fn(ctx)
		}()
	}
	s.mu.Unlock()
	select {
	case <-c.done:
		return c.value, ownFailure(c.err)
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// ownFailure gives each caller a Failure of its own, because callers write the
// way back into it.
func ownFailure(err error) error {
	if f := AsFailure(err); f != nil {
		own := *f
		return &own
	}
	return err
}
