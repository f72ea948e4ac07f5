package org_test

import (
	"strconv"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
)

// BenchmarkSaveProfile is one officer's page saved again and again; the
// promise is 50 saves a second on a core.
func BenchmarkSaveProfile(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(dialect.String(), func(b *testing.B) {
			r := newProfileRig(b, dbtest.New(b, dialect))
			v := r.visitor(toan)
			e := r.edit(v)
			r.save(v, e)
			for b.Loop() {
				p, err := r.Profile(b.Context(), v.Officer.ID)
				if err != nil {
					b.Fatal(err)
				}
				e.Version, e.Address = p.Version, strconv.FormatInt(p.Version, 10)
				r.save(v, e)
			}
		})
	}
}

// BenchmarkFindOfficers searches a province of 5,000 officers from one unit.
func BenchmarkFindOfficers(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(dialect.String(), func(b *testing.B) {
			r := newProfileRig(b, dbtest.New(b, dialect))
			r.province()
			for i := range 5000 {
				unit := "H31.2"
				if i%10 == 0 {
					unit = "H31.1.1"
				}
				r.add(org.NewOfficer{Username: "canbo" + strconv.Itoa(i), Name: "Đặng Quốc Toản", Posts: []org.NewPost{{Unit: unit, Role: org.RoleClerk}}})
			}
			v := r.visitor(org.NewOfficer{Username: "qt.donvi", Name: "Quản Trị", Posts: []org.NewPost{{Unit: "H31.1", Role: org.RoleUnitAdmin}}})
			for b.Loop() {
				if f, err := r.FindOfficers(b.Context(), v, "toan dang", ""); err != nil || len(f.Officers) != org.FoundPage {
					b.Fatal(len(f.Officers), err)
				}
			}
		})
	}
}
