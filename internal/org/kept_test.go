package org_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
)

func TestKeptFormIsSealedForItsOfficerAndTakenOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o, other := r.officer("toan.dq"), r.officer("hien.tt")
		keep := func() string {
			t.Helper()
			id, err := r.KeepForm(t.Context(), o.ID, "/hethong/trang-ca-nhan/cap-nhat",
				url.Values{"ten": {"Đặng Quốc Toản"}, "dia_chi": {"thôn Đông"}, "mat_khau": {"bí mật của tôi"}}, "mat_khau", "ma")
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		id := keep()
		content, err := db.Get[string](t.Context(), d, `SELECT content FROM kept_form`)
		if err != nil || strings.Contains(content, "Toản") || strings.Contains(content, "cap-nhat") {
			t.Errorf("kept as %q, %v", content, err)
		}
		for name, take := range map[string][2]string{"another officer": {other.ID, id}, "nobody": {"", id}, "another form": {o.ID, "x"}, "odd": {o.ID, "\x00\xff"}} {
			if _, _, err := r.TakeForm(t.Context(), take[0], take[1]); !errors.Is(err, org.ErrNotKept) {
				t.Errorf("%s: %v", name, err)
			}
		}
		path, values, err := r.TakeForm(t.Context(), o.ID, id)
		if err != nil || path != "/hethong/trang-ca-nhan/cap-nhat" || values.Get("dia_chi") != "thôn Đông" || values.Has("mat_khau") {
			t.Errorf("%s %v, %v", path, values, err)
		}
		if _, _, err := r.TakeForm(t.Context(), o.ID, id); !errors.Is(err, org.ErrNotKept) {
			t.Errorf("taken twice: %v", err)
		}
		id = keep()
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, _, err := r.TakeForm(t.Context(), o.ID, id); err == nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("taken %d times at once", won.Load())
		}
		id = keep()
		r.clk.Advance(org.KeptLife)
		if _, _, err := r.TakeForm(t.Context(), o.ID, id); !errors.Is(err, org.ErrNotKept) {
			t.Errorf("after a quarter of an hour: %v", err)
		}
		r.clk.Advance(time.Second)
		if err := r.Purge(t.Context()); err != nil || r.count(`SELECT count(*) FROM kept_form`) != 0 {
			t.Errorf("it stays: %v", err)
		}
		if _, err := r.KeepForm(t.Context(), o.ID, "/x", url.Values{"a": {strings.Repeat("x", 70<<10)}}); !errors.Is(err, org.ErrTooLarge) {
			t.Errorf("a very long form: %v", err)
		}
		for range 15 {
			keep()
		}
		if n := r.count(`SELECT count(*) FROM kept_form`); n != 10 {
			t.Errorf("%d forms are kept", n)
		}
	})
}

func TestWhoseSessionATokenWas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o := r.officer("toan.dq")
		late, ended := r.token("toan.dq"), r.token("toan.dq")
		if err := r.SignOut(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
		r.clk.Advance(13 * time.Hour)
		if id, err := r.Whose(t.Context(), late); err != nil || id != o.ID {
			t.Errorf("a session that ended by time: %q, %v", id, err)
		}
		for _, token := range []string{ended, "", "x"} {
			if id, err := r.Whose(t.Context(), token); !errors.Is(err, org.ErrNotFound) {
				t.Errorf("%q: %q, %v", token, id, err)
			}
		}
	})
}

func TestChangeOwnPasswordEndsTheOtherSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		here, elsewhere := r.token("toan.dq"), r.token("toan.dq")
		v := r.visit(here)
		if err := r.ChangeOwnPassword(t.Context(), v, "sai", "cánh cò bay lả bay la"); !errors.Is(err, org.ErrWrongPassword) {
			t.Errorf("without the old one: %v", err)
		}
		if err := r.ChangeOwnPassword(t.Context(), v, ownPassword, "cánh cò bay lả bay la"); err != nil {
			t.Fatal(err)
		}
		r.visit(here)
		if _, err := r.Visit(t.Context(), elsewhere, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("another session lives on: %v", err)
		}
		if _, err := r.SignIn(t.Context(), try("toan.dq", ownPassword)); !errors.Is(err, org.ErrRefused) {
			t.Errorf("the old password opens: %v", err)
		}
		// A visit read before the change cannot change it once more.
		if err := r.ChangeOwnPassword(t.Context(), v, ownPassword, "một mật khẩu khác nữa"); err == nil {
			t.Error("changed with the password that no longer holds")
		}
	})
}
