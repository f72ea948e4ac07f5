package smpp

import (
	"context"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

const (
	// seatLife is how long a place stays with a process that is not heard of;
	// a bind and a slow database fit between two renewals.
	seatLife  = 20 * time.Second
	seatRenew = 5 * time.Second
	// seatLook is how often a process without a place looks for one.
	seatLook = 2 * time.Second
)

// seat is this process's claim to one of the carrier's places. It is used by
// Tick and Stop alone.
type seat struct {
	db       *db.DB
	clk      clock.Clock
	provider string
	binds    int
	holder   string

	place  int // 0: none
	until  time.Time
	told   bool // what the row says of the line
	looked time.Time
	others bool
}

// look takes or keeps a place and tells whether another process has a line.
// While the database does not answer, a place is kept until its time is over:
// nobody else can have taken it.
func (s *seat) look(ctx context.Context, bound bool) (mine, others bool, err error) {
	now := s.clk.Now()
	switch {
	case s.place != 0 && now.Before(s.until.Add(seatRenew-seatLife)) && bound == s.told:
	case s.place != 0:
		err = s.renew(ctx, now, bound)
	case now.Sub(s.looked) >= seatLook:
		s.looked = now
		err = s.take(ctx, now)
	}
	if s.place != 0 && !now.Before(s.until) {
		s.place = 0
	}
	if bound {
		s.others = false
	}
	return s.place != 0, s.others, err
}

func (s *seat) renew(ctx context.Context, now time.Time, bound bool) error {
	until := now.Add(seatLife)
	n, err := db.Exec(ctx, s.db, `UPDATE sms_bind SET held_until = $1, bound = $2 WHERE provider = $3 AND place = $4 AND holder = $5`,
		until, bound, s.provider, s.place, s.holder)
	switch {
	case err != nil:
		return err
	case n == 0:
		s.place = 0
	default:
		s.until, s.told = until, bound
	}
	return nil
}

func (s *seat) take(ctx context.Context, now time.Time) error {
	until := now.Add(seatLife)
	for place := 1; place <= s.binds; place++ {
		n, err := db.Exec(ctx, s.db, `INSERT INTO sms_bind (provider, place, holder, held_until, bound) VALUES ($1, $2, $3, $4, FALSE)
			ON CONFLICT (provider, place) DO UPDATE SET holder = $3, held_until = $4, bound = FALSE WHERE sms_bind.held_until <= $5`,
			s.provider, place, s.holder, until, now)
		if err != nil {
			return err
		}
		if n == 1 {
			s.place, s.until, s.told, s.others = place, until, false, false
			return nil
		}
	}
	n, err := db.Get[int](ctx, s.db, `SELECT count(*) FROM sms_bind WHERE provider = $1 AND holder <> $2 AND bound AND held_until > $3`,
		s.provider, s.holder, now)
	s.others = err == nil && n > 0
	return err
}

func (s *seat) leave(ctx context.Context) error {
	if s.place == 0 {
		return nil
	}
	s.place = 0
	_, err := db.Exec(ctx, s.db, `UPDATE sms_bind SET held_until = $1, bound = FALSE WHERE provider = $2 AND holder = $3`, s.clk.Now(), s.provider, s.holder)
	return err
}
