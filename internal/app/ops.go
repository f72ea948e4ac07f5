package app

import (
	"cmp"
	"context"
	"errors"
	"math"
	"time"

	"motcua/internal/db"
	"motcua/internal/jobs"
	"motcua/internal/obs"
)

// gaugeTimeout bounds one figure that is read from the database.
const gaugeTimeout = 2 * time.Second

var errStarting = errors.New("starting")

// newOps makes the operations handler: what has to hold before this process
// gets requests, and the figures that are read when somebody asks.
func (a *App) newOps() *obs.Ops {
	gauge := func(name, help string, read func(jobs.Stats) float64) {
		a.Metrics.Gauge(name, help, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), gaugeTimeout)
			defer cancel()
			s, err := a.Jobs.Stats(ctx)
			if err != nil {
				return math.NaN()
			}
			return read(s)
		})
	}
	gauge("motcua_jobs_ready", "Jobs that wait for their turn or their time.", func(s jobs.Stats) float64 { return float64(s.ByState["ready"]) })
	gauge("motcua_jobs_dead", "Jobs that were given up; somebody has to look.", func(s jobs.Stats) float64 { return float64(s.ByState["dead"]) })
	gauge("motcua_jobs_late_seconds", "How long the oldest due job has been waiting.", func(s jobs.Stats) float64 { return s.Late.Seconds() })
	a.Metrics.Gauge("motcua_sms_out", "1 while text messages are out of order, declared or because every provider fails.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), gaugeTimeout)
		defer cancel()
		o, err := a.SMS.Outage(ctx, a.DB)
		switch {
		case err != nil:
			return math.NaN()
		case o.Out:
			return 1
		}
		return 0
	})
	facts := map[string]string{"engine": a.DB.Dialect().String(), "synchronous": ""}
	if a.DB.Dialect() == db.SQLite {
		facts["synchronous"] = cmp.Or(a.Config.Synchronous, "NORMAL")
	}
	a.Metrics.Info("motcua_database_info", "The database engine and, on SQLite, when a commit is on the disk.", facts)
	return obs.NewOps(a.Metrics, a.Log,
		obs.Check{Name: "running", Run: func(context.Context) error {
			if !a.running.Load() {
				return errStarting
			}
			return nil
		}},
		obs.Check{Name: "database", Run: a.DB.Ping},
	)
}
