package signin_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"motcua/internal/signin"
)

// deadlines notes how long each outgoing call may take.
type deadlines struct {
	mu    sync.Mutex
	calls map[string]time.Duration
}

func (d *deadlines) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	at, ok := r.Context().Deadline()
	if ok {
		d.calls[r.URL.Path] = time.Until(at)
	} else {
		d.calls[r.URL.Path] = time.Hour
	}
	d.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// Nobody waits for a provider longer than ten seconds.
func TestRP12_WaitsTenSecondsAtMost(t *testing.T) {
	d := &deadlines{calls: map[string]time.Duration{}}
	r := one(t, func(p *signin.Provider) { p.Transport = d })
	if _, err := r.callback(r.begin("/a")); err != nil {
		t.Fatal(err)
	}
	for path, left := range d.calls {
		if left <= 0 || left > 10*time.Second {
			t.Errorf("%s may take %s", path, left)
		}
	}
	if len(d.calls) != 4 {
		t.Errorf("calls to %v, want metadata, token, keys and userinfo", d.calls)
	}
}
