package secretbox_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/secretbox"
)

func manual() *clock.Manual { return clock.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)) }

func openBox(t *testing.T, d *db.DB, m secretbox.Master, clk clock.Clock) *secretbox.Box {
	t.Helper()
	b, err := secretbox.Open(t.Context(), d, m, clk)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sealed(t *testing.T, b *secretbox.Box, plain string) string {
	t.Helper()
	s, err := b.Seal("sms.text", "row-1", []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantOpen(t *testing.T, b *secretbox.Box, s, want string) {
	t.Helper()
	got, err := b.Open("sms.text", "row-1", s)
	if err != nil || string(got) != want {
		t.Errorf("Open = %q, %v; want %q", got, err, want)
	}
}

func rotate(t *testing.T, d *db.DB, b *secretbox.Box) {
	t.Helper()
	if err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return b.Rotate(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

func TestValuesOpenOnlyInTheirPlace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := openBox(t, d, secretbox.NewMaster(), manual())
		s := sealed(t, b, "Ma OTP")
		wantOpen(t, b, s, "Ma OTP")
		if strings.Contains(s, "OTP") {
			t.Error("the value is readable")
		}
		if again := sealed(t, b, "Ma OTP"); again == s {
			t.Error("the same value looks the same twice")
		}
		wantOpen(t, b, sealed(t, b, ""), "")

		parts := strings.Split(s, ".")
		last := "A"
		if strings.HasSuffix(s, "A") {
			last = "Q"
		}
		first := "A"
		if strings.HasPrefix(parts[2], "A") {
			first = "B"
		}
		for name, c := range map[string][3]string{
			"wrong row":          {"sms.text", "row-2", s},
			"wrong purpose":      {"org.text", "row-1", s},
			"border moved":       {"sms.textr", "ow-1", s},
			"last byte changed":  {"sms.text", "row-1", s[:len(s)-1] + last},
			"first byte changed": {"sms.text", "row-1", parts[0] + "." + parts[1] + "." + first + parts[2][1:]},
			"cut":                {"sms.text", "row-1", s[:len(s)-4]},
			"too short":          {"sms.text", "row-1", parts[0] + "." + parts[1] + ".AAAA"},
			"unknown key":        {"sms.text", "row-1", parts[0] + ".x." + parts[2]},
			"unknown version":    {"sms.text", "row-1", "9" + s[1:]},
			"empty":              {"sms.text", "row-1", ""},
			"plain":              {"sms.text", "row-1", "123456"},
		} {
			if got, err := b.Open(c[0], c[1], c[2]); !errors.Is(err, secretbox.ErrSealed) || got != nil {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	})
}

func TestRotationKeepsOldValuesReadable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := manual()
		b := openBox(t, d, secretbox.NewMaster(), clk)
		old, mac := sealed(t, b, "old"), b.MAC("otp", []byte("123456"))
		clk.Advance(time.Hour)
		rotate(t, d, b)
		if err := b.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := sealed(t, b, "new")
		if keyID(s) == keyID(old) {
			t.Error("the old key still seals")
		}
		wantOpen(t, b, old, "old")
		wantOpen(t, b, s, "new")
		if !bytes.Equal(mac, b.MAC("otp", []byte("123456"))) {
			t.Error("digests changed with the data key")
		}
	})
}

func TestARotationRolledBackLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := openBox(t, d, secretbox.NewMaster(), manual())
		before := keyID(sealed(t, b, "x"))
		no := errors.New("no")
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(b.Rotate(ctx, tx), no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		if err := b.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := keyID(sealed(t, b, "x")); after != before {
			t.Errorf("key %s, want %s", after, before)
		}
	})
}

func TestAnotherProcessSeesARotation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk, master := manual(), secretbox.NewMaster()
		a, b, c := openBox(t, d, master, clk), openBox(t, d, master, clk), openBox(t, d, master, clk)
		clk.Advance(time.Minute)
		rotate(t, d, a)
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := sealed(t, a, "new")
		if keyID(sealed(t, b, "x")) == keyID(s) {
			t.Error("b knows the key before it could")
		}
		if err := b.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if keyID(sealed(t, b, "x")) != keyID(s) {
			t.Error("after Refresh b still seals with the old key")
		}
		wantOpen(t, b, s, "new")
		// c was not told: many at once meet a value of the new key.
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { wantOpen(t, c, s, "new") })
		}
		all.Wait()
	})
}

func TestUnknownKeysDoNotMakeTheDatabaseBusy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk, master := manual(), secretbox.NewMaster()
		a, b := openBox(t, d, master, clk), openBox(t, d, master, clk)
		if _, err := b.Open("sms.text", "row-1", "1.made-up.AAAA"); !errors.Is(err, secretbox.ErrSealed) {
			t.Fatal(err)
		}
		clk.Advance(time.Millisecond)
		rotate(t, d, a)
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := sealed(t, a, "new")
		if _, err := b.Open("sms.text", "row-1", s); !errors.Is(err, secretbox.ErrSealed) {
			t.Errorf("the keys were read twice within a second: %v", err)
		}
		clk.Advance(time.Second)
		wantOpen(t, b, s, "new")
	})
}

func TestReplicasThatStartTogetherShareTheirKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk, master := manual(), secretbox.NewMaster()
		boxes := make([]*secretbox.Box, 6)
		var all sync.WaitGroup
		for i := range boxes {
			all.Go(func() {
				b, err := secretbox.Open(context.Background(), d, master, clk)
				if err != nil {
					t.Error(err)
				}
				boxes[i] = b
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		s, mac := sealed(t, boxes[0], "x"), boxes[0].MAC("otp", []byte("1"))
		for _, b := range boxes[1:] {
			wantOpen(t, b, s, "x")
			if !bytes.Equal(mac, b.MAC("otp", []byte("1"))) {
				t.Error("two MAC keys")
			}
		}
	})
}

func TestMACDependsOnPurposeAndDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := openBox(t, d, secretbox.NewMaster(), manual())
		m := b.MAC("otp", []byte("123456"))
		if len(m) != 32 {
			t.Errorf("%d bytes", len(m))
		}
		if bytes.Equal(m, b.MAC("device", []byte("123456"))) || bytes.Equal(m, b.MAC("otp1", []byte("23456"))) {
			t.Error("two purposes, one digest")
		}
		other := openBox(t, dbtest.New(t, db.SQLite), secretbox.NewMaster(), manual())
		if bytes.Equal(m, other.MAC("otp", []byte("123456"))) {
			t.Error("the digest needs no secret")
		}
	})
}

func TestRewrapChangesTheMaster(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk, from, to := manual(), secretbox.NewMaster(), secretbox.NewMaster()
		b := openBox(t, d, from, clk)
		first := sealed(t, b, "first")
		clk.Advance(time.Second)
		rotate(t, d, b)
		if err := b.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		second, mac := sealed(t, b, "second"), b.MAC("otp", []byte("1"))

		if err := secretbox.Rewrap(t.Context(), d, to, from); !errors.Is(err, secretbox.ErrMasterWrong) {
			t.Fatalf("rewrap with the wrong old master: %v", err)
		}
		if err := secretbox.Rewrap(t.Context(), d, from, secretbox.Master("short")); !errors.Is(err, secretbox.ErrMasterFormat) {
			t.Fatalf("rewrap to no master: %v", err)
		}
		if err := secretbox.Rewrap(t.Context(), d, from, to); err != nil {
			t.Fatal(err)
		}
		if _, err := secretbox.Open(t.Context(), d, from, clk); !errors.Is(err, secretbox.ErrMasterWrong) {
			t.Errorf("the old master still opens: %v", err)
		}
		b = openBox(t, d, to, clk)
		wantOpen(t, b, first, "first")
		wantOpen(t, b, second, "second")
		if !bytes.Equal(mac, b.MAC("otp", []byte("1"))) {
			t.Error("digests changed with the master")
		}
	})
}

func TestKeysInTheDatabaseAreBoundToTheirRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk, master := manual(), secretbox.NewMaster()
		openBox(t, d, master, clk)
		_, err := db.Exec(t.Context(), d, `UPDATE secret_key SET wrapped = (SELECT wrapped FROM secret_key WHERE kind = 'mac') WHERE kind = 'data'`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := secretbox.Open(t.Context(), d, master, clk); !errors.Is(err, secretbox.ErrMasterWrong) {
			t.Errorf("a key moved to another row opens: %v", err)
		}
	})
}

func keyID(s string) string { return strings.Split(s, ".")[1] }

func FuzzOpen(f *testing.F) {
	d := dbtest.Shared(f, db.SQLite)
	b, err := secretbox.Open(f.Context(), d, make(secretbox.Master, 32), manual())
	if err != nil {
		f.Fatal(err)
	}
	good, err := b.Seal("sms.text", "row-1", []byte("text"))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, "", ".", "..", "1..", "1." + keyID(good) + ".", good + "=", good[:len(good)-1]} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain, err := b.Open("sms.text", "row-1", s)
		if s != good && (err == nil || plain != nil) {
			t.Errorf("%q opens to %q", s, plain)
		}
	})
}
