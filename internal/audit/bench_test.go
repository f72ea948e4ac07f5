package audit

import (
	"syscall"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

// BenchmarkAppendSeal reports the CPU of one record, six of them in a
// transaction as in a sign-in, with its share of a seal every 60.
func BenchmarkAppendSeal(b *testing.B) {
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(dialect.String(), func(b *testing.B) {
			l := New(dbtest.New(b, dialect), clock.System())
			e := signIn("01930000-1111-7222-8333-444444444444")
			before, n := cpu(), 0
			for b.Loop() {
				appendAll(b, l, e, e, e, e, e, e)
				if n += 6; n%60 == 0 {
					seal(b, l)
				}
			}
			b.ReportMetric(float64((cpu()-before).Microseconds())/1000/float64(n), "cpu-ms/record")
		})
	}
}
