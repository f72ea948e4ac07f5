package jobs

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEnqueueRun reports the CPU of a job from its enqueuing in a
// transaction of its own to its end, one after the other as sign-ins are.
func BenchmarkEnqueueRun(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(dialect.String(), func(b *testing.B) {
			d := dbtest.New(b, dialect)
			n := newNotes()
			q := newQueue(b, d, clock.System(), n)
			run(b, q)
			before := cpu(b)
			done := 0
			for b.Loop() {
				enqueueNote(b, d, q, fmt.Sprint(done))
				done++
				n.await(done)
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(done), "cpu-ms/op")
		})
	}
}

// BenchmarkIdle reports the CPU that a started queue with nothing to do uses
// in a second; run it with -benchtime 10x.
func BenchmarkIdle(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(dialect.String(), func(b *testing.B) {
			d := dbtest.New(b, dialect)
			q := newQueue(b, d, clock.System(), newNotes())
			run(b, q)
			before, n := cpu(b), 0
			for b.Loop() {
				<-time.After(time.Second)
				n++
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(n), "cpu-ms/s")
		})
	}
}
