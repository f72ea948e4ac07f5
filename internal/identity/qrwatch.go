package identity

import (
	"context"
	"sync"
	"time"

	"motcua/internal/db"
)

// Every open sign-in page asks for its attempt every two seconds, and nearly
// always nothing has happened. So a process keeps the attempts that its pages
// wait for, and reads once for all of them which ones changed. The rows
// decide: what is kept is at most qrAge old and changes nothing.
const (
	qrAge = 400 * time.Millisecond
	// qrGap is the time without reading after which nothing kept is trusted.
	qrGap = 5 * time.Second
	// qrSkew covers the clocks of other processes, which may differ by 20 s,
	// and transactions that commit late.
	qrSkew = 25 * time.Second
	// qrKept bounds the memory, to some 20 MB.
	qrKept = 20_000
)

type qrWatch struct {
	mu    sync.Mutex
	read  time.Time             // real time: it is about the age of a copy
	pages map[string]*qrAttempt // live ones, by page; what they point to never changes
	page  map[string]string     // attempt → page
}

func qrPageKey(requestID, browser string) string { return requestID + " " + browser }

// kept returns a page's live attempt as it was a moment ago.
func (s *Service) keptQR(ctx context.Context, key string) (*qrAttempt, error) {
	w := &s.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now() //clock:real
	if len(w.pages) > 0 && now.Sub(w.read) > qrAge {
		if now.Sub(w.read) > qrGap {
			w.pages, w.page = nil, nil
		} else if err := s.readChanged(ctx); err != nil {
			return nil, err
		}
		w.read = now
	}
	a := w.pages[key]
	if a != nil && !a.live(s.now()) {
		w.drop(a.ID)
		a = nil
	}
	return a, nil
}

// readChanged takes over what happened to attempts lately. A new one is no
// change: its page has none that is kept and alive.
func (s *Service) readChanged(ctx context.Context) error {
	changed, err := db.Select[qrAttempt](ctx, s.DB, `SELECT `+qrColumns+` FROM qr_attempt WHERE changed_at > $1 AND (state <> 'waiting' OR second)`,
		s.now().Add(-qrSkew))
	if err != nil {
		return err
	}
	for i := range changed {
		a := &changed[i]
		if key, ok := s.watch.page[a.ID]; ok && s.watch.pages[key].ID == a.ID {
			s.watch.pages[key] = a
		}
	}
	return nil
}

// keep keeps a live attempt for the next time its page asks.
func (w *qrWatch) keep(key string, a *qrAttempt, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pages) >= qrKept {
		for _, old := range w.pages {
			if !old.live(now) {
				w.drop(old.ID)
			}
		}
	}
	if len(w.pages) == 0 || len(w.pages) >= qrKept {
		w.pages, w.page = map[string]*qrAttempt{}, map[string]string{}
		w.read = time.Now() //clock:real
	}
	if old := w.pages[key]; old != nil {
		delete(w.page, old.ID)
	}
	w.pages[key], w.page[a.ID] = a, key
}

func (w *qrWatch) drop(id string) {
	delete(w.pages, w.page[id])
	delete(w.page, id)
}

// changed lets the pages of this process see a change at once.
func (s *Service) changed(tx *db.Tx, id string) {
	tx.AfterCommit(func() {
		s.watch.mu.Lock()
		defer s.watch.mu.Unlock()
		s.watch.drop(id)
	})
}
