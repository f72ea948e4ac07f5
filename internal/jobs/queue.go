package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

const (
	// Lease is how long after its last sign of life a process is taken for
	// dead and its jobs run elsewhere. The clocks of replicas must agree to
	// within Lease less heartbeatEvery, 20 s.
	Lease          = 30 * time.Second
	heartbeatEvery = 10 * time.Second
	// pollEvery is how often the table is looked at without a hint: what
	// another process enqueued, what has become due.
	pollEvery = time.Second
	// rescueEvery is counted in polls.
	rescueEvery = 5
	// workers bounds the jobs that one process runs at once. They mostly wait
	// for other servers.
	workers = 16
	// dbTimeout bounds the queue's own statements.
	dbTimeout = 10 * time.Second
	// stopGrace is how long Stop waits for handlers whose context it ended.
	stopGrace = 5 * time.Second
)

// A Queue enqueues and runs jobs. It is safe for concurrent use.
type Queue struct {
	db  *db.DB
	clk clock.Clock
	reg *Registry
	log *slog.Logger
	id  string // of this process, in leases

	poll    time.Duration // pollEvery, but for tests of the hints
	wake    chan struct{} // capacity 1: look at the table now
	backlog atomic.Bool   // more is due than there are free workers
	slots   chan struct{} // capacity workers

	mu       sync.Mutex
	claiming int                                // claims whose jobs are not in jobs yet
	jobs     map[string]context.CancelCauseFunc // jobs that run here
	rounds   map[string]context.CancelCauseFunc // periodic kinds that run here
	idle     *sync.Cond                         // on mu: claiming or jobs shrank

	state      sync.Mutex // guards Start and Stop
	started    bool
	stop       chan struct{} // closed: claim nothing more
	ended      chan struct{} // closed: nothing runs any more
	dispatched sync.WaitGroup
	running    sync.WaitGroup
	base       context.Context
	cancel     context.CancelCauseFunc
}

// New returns a queue over the handlers of r, which may still be added until
// Start. It doesn't touch the database; log nil is slog.Default.
func New(d *db.DB, clk clock.Clock, r *Registry, log *slog.Logger) (*Queue, error) {
	if d == nil || clk == nil || r == nil {
		return nil, errors.New("jobs: New needs a database, a clock and a registry")
	}
	if log == nil {
		log = slog.Default()
	}
	q := &Queue{
		db: d, clk: clk, reg: r, log: log, id: db.NewID(),
		poll:   pollEvery,
		wake:   make(chan struct{}, 1),
		slots:  make(chan struct{}, workers),
		jobs:   map[string]context.CancelCauseFunc{},
		rounds: map[string]context.CancelCauseFunc{},
		stop:   make(chan struct{}),
		ended:  make(chan struct{}),
	}
	q.idle = sync.NewCond(&q.mu)
	return q, nil
}

// Start begins to run jobs in the background, until Stop. The end of ctx
// doesn't stop it: a signal must let running jobs end. A queue starts once.
func (q *Queue) Start(ctx context.Context) error {
	q.state.Lock()
	defer q.state.Unlock()
	if q.started {
		return errors.New("jobs: already started")
	}
	if err := q.preparePeriodic(ctx); err != nil {
		return err
	}
	q.started = true
	q.base, q.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	q.dispatched.Go(q.dispatch)
	go q.heartbeat()
	return nil
}

// Stop takes no more jobs and waits for those that run. When ctx ends first it
// ends their contexts, gives them a few seconds and returns ctx's error; a job
// that so fails is run again later. It returns at once when not started.
func (q *Queue) Stop(ctx context.Context) error {
	q.state.Lock()
	defer q.state.Unlock()
	if !q.started {
		return nil
	}
	select {
	case <-q.stop:
		return nil
	default:
	}
	close(q.stop)
	go func() {
		q.dispatched.Wait()
		q.running.Wait()
		close(q.ended)
	}()
	defer q.cancel(errStopped)
	select {
	case <-q.ended:
		return nil
	case <-ctx.Done():
	}
	q.cancel(errStopped)
	select {
	case <-q.ended:
	case <-time.After(stopGrace):
		q.log.Error("jobs: handlers did not end; their jobs run again when the lease is over")
	}
	return ctx.Err()
}

// hint makes the dispatcher look at the table at once.
func (q *Queue) hint() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// dispatch claims due jobs whenever there is a hint and a free worker.
func (q *Queue) dispatch() {
	poll := time.NewTicker(q.poll)
	defer poll.Stop()
	for polls, hinted := 0, false; ; {
		select {
		case <-q.stop:
			return
		default:
		}
		if !hinted {
			q.housekeeping(polls)
			polls++
		}
		q.startDue(hinted)
		select {
		case <-q.stop:
			return
		case <-q.wake:
			hinted = true
		case <-poll.C:
			hinted = false
		}
	}
}

func (q *Queue) housekeeping(polls int) {
	ctx, done := context.WithTimeout(q.base, dbTimeout)
	defer done()
	if polls%rescueEvery == 0 {
		if err := q.rescue(ctx); err != nil {
			q.log.Error("jobs: look for dead processes", "error", Redact(err.Error()))
		}
	}
	if err := q.startPeriodic(ctx); err != nil {
		q.log.Error("jobs: look for periodic jobs", "error", Redact(err.Error()))
	}
}

// startDue claims as many due jobs as there are free workers. While the
// backlog flag is up, a worker that becomes free gives a hint; it goes up
// before the table is read, so that none is missed.
func (q *Queue) startDue(hinted bool) {
	q.backlog.Store(true)
	free := workers - len(q.slots)
	if free == 0 {
		return
	}
	ctx, done := context.WithTimeout(q.base, dbTimeout)
	defer done()
	got, err := q.claim(ctx, free, hinted)
	if err != nil {
		q.backlog.Store(false)
		q.log.Error("jobs: claim", "error", Redact(err.Error()))
		return
	}
	if len(got) < free {
		q.backlog.Store(false)
	}
	for _, c := range got {
		q.slots <- struct{}{}
		q.running.Go(func() {
			q.execute(q.base, c)
			<-q.slots
			if q.backlog.Load() {
				q.hint()
			}
		})
	}
}

// heartbeat keeps the leases of what runs here alive, also while Stop waits.
func (q *Queue) heartbeat() {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-q.ended:
			return
		case <-tick.C:
			ctx, done := context.WithTimeout(context.WithoutCancel(q.base), dbTimeout)
			if err := q.renew(ctx); err != nil {
				q.log.Error("jobs: renew leases", "error", Redact(err.Error()))
			}
			done()
		}
	}
}
