package app_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"motcua/internal/app"
	"motcua/internal/app/apptest"
	"motcua/internal/config"
	"motcua/internal/db"
)

// BenchmarkQRPoll is the server's work for one question of a page that waits
// for a scan, without the network. 5,000 pages ask 2,500 times a second.
func BenchmarkQRPoll(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(dialect.String(), func(b *testing.B) {
			a := apptest.Start(b, apptest.Options{Dialect: dialect})
			pc := openPage(b, a)
			pc.post("/qr")
			h := app.Site(a.App, config.ID)
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, a.ID+"/qr?yc="+pc.request, nil)
			if err != nil {
				b.Fatal(err)
			}
			r.AddCookie(&http.Cookie{Name: "__Host-motcua-id-b", Value: pc.Cookie(a.ID, "__Host-motcua-id-b")})
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
				b.SetBytes(int64(w.Body.Len()))
			}
		})
	}
}
