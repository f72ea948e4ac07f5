package org_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
)

const (
	issuer      = "https://id.example.vn"
	ownNumber   = "099084001258"
	theirNumber = "099190002347"
)

func vneidPerson(subject, number string) org.VNeID {
	return org.VNeID{Issuer: issuer, Subject: subject, Number: number, Name: "Đặng Quốc Toản", SID: "sid-" + subject}
}

// numbered gives an officer a number that this source vouches for.
func (r *rig) numbered(username, number string, by org.NumberSource) {
	r.t.Helper()
	if _, err := db.Exec(r.t.Context(), r.db, `UPDATE officer SET number = $1, number_source = $2 WHERE username = $3`, number, by, username); err != nil {
		r.t.Fatal(err)
	}
}

// Whoever types somebody else's number into their own page, or waits until
// somebody types theirs, gets into nobody's account.
func TestTakeover_ASelfTypedNumberNeverOpensAnAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		for by, opens := range map[org.NumberSource]bool{org.NumberNone: false, org.NumberBySelf: false, org.NumberByAdmin: true, org.NumberByVNeID: true} {
			r.numbered("toan.dq", ownNumber, by)
			step, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", ""))
			switch {
			case opens && (err != nil || step.Next != org.NextLink || step.Done != nil):
				t.Errorf("number by %q: %+v, %v", by, step, err)
			case !opens && (!errors.Is(err, org.ErrNoOfficerForVNeID) || step.Token != "" || step.Done != nil):
				t.Errorf("TAKEOVER by a number of %q: %+v, %v", by, step, err)
			}
		}
		for name, p := range map[string]org.VNeID{"no number": vneidPerson("citizen-1", ""), "another number": vneidPerson("citizen-1", theirNumber),
			"no subject": vneidPerson("", ownNumber), "no issuer": {Subject: "citizen-1", Number: ownNumber}} {
			if _, err := r.SignInByVNeID(t.Context(), p, try("", "")); !errors.Is(err, org.ErrNoOfficerForVNeID) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestLinkAsksTheOwnPasswordOnceAndThenTheLinkCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		r.officer("hien.tt")
		r.numbered("toan.dq", ownNumber, org.NumberByAdmin)
		step, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.LinkOwn(t.Context(), step.Token, "sai", source); !errors.Is(err, org.ErrWrongPassword) {
			t.Errorf("wrong password: %v", err)
		}
		done, err := r.LinkOwn(t.Context(), step.Token, ownPassword, source)
		if err != nil || done.Done == nil {
			t.Fatalf("%+v, %v", done, err)
		}
		if v := r.visit(done.Done.Token); strings.Join(v.Session.AMR, " ") != "vneid pwd" || v.Officer.Username != "toan.dq" {
			t.Errorf("session %+v", v.Session)
		}
		if _, err := r.LinkOwn(t.Context(), step.Token, ownPassword, source); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("linked twice: %v", err)
		}
		// Now the link alone counts, whatever the numbers say.
		r.numbered("toan.dq", theirNumber, org.NumberBySelf)
		r.numbered("hien.tt", ownNumber, org.NumberByAdmin)
		again, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", ""))
		if err != nil || again.Done == nil || r.visit(again.Done.Token).Officer.Username != "toan.dq" {
			t.Errorf("%+v, %v", again, err)
		}
		// Another person at VNeID with the same number is not the linked officer.
		r.numbered("hien.tt", "099099000099", org.NumberByAdmin)
		r.numbered("toan.dq", ownNumber, org.NumberByAdmin)
		if _, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-2", ownNumber), try("", "")); !errors.Is(err, org.ErrNoOfficerForVNeID) {
			t.Errorf("a second subject with the number: %v", err)
		}
		other := vneidPerson("citizen-1", ownNumber)
		other.Issuer = "https://elsewhere.example"
		if step, err := r.SignInByVNeID(t.Context(), other, try("", "")); err != nil || step.Next != org.NextLink {
			t.Errorf("the same subject of another issuer needs a link of its own: %+v, %v", step, err)
		}
	})
}

func TestLinkAndLockedOfficers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		r.numbered("toan.dq", ownNumber, org.NumberByAdmin)
		link := func() org.Step {
			t.Helper()
			step, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", ""))
			if err != nil || step.Next != org.NextLink {
				t.Fatalf("%+v, %v", step, err)
			}
			return step
		}
		step := link()
		for left := 4; left >= 0; left-- {
			_, err := r.LinkOwn(t.Context(), step.Token, "sai", source)
			if wrong, ok := errors.AsType[*org.Wrong](err); !ok || wrong.Left != left {
				t.Fatalf("want %d left: %v", left, err)
			}
		}
		if _, err := r.LinkOwn(t.Context(), step.Token, ownPassword, source); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("after five wrong ones: %v", err)
		}
		_, err := r.LinkOwn(t.Context(), link().Token, ownPassword, source)
		if _, ok := errors.AsType[*org.TooMany](err); !ok {
			t.Errorf("a new step gives no new tries at once: %v", err)
		}
		r.clk.Advance(time.Minute)
		if _, err := r.LinkOwn(t.Context(), link().Token, ownPassword, source); err != nil {
			t.Fatal(err)
		}
		if err := r.LockOfficer(t.Context(), console, "toan.dq"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", "")); !errors.Is(err, org.ErrNoOfficerForVNeID) {
			t.Errorf("a locked officer: %v", err)
		}
		initial, err := r.ResetOfficer(t.Context(), console, "toan.dq")
		if err != nil {
			t.Fatal(err)
		}
		// A reset asks for the password again, and the initial one is changed.
		out, err := r.LinkOwn(t.Context(), link().Token, initial, source)
		if err != nil || out.Next != org.NextChange {
			t.Fatalf("%+v, %v", out, err)
		}
		if out, err = r.ChangePassword(t.Context(), out.Token, "cánh cò bay lả bay la"); err != nil || out.Done == nil {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

func TestVNeIDStandsForTheSecondFactorButDoesNotReplaceIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("quan.tri", org.NewPost{Role: org.RoleAdmin})
		r.numbered("quan.tri", ownNumber, org.NumberByAdmin)
		step, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", ""))
		if err != nil {
			t.Fatal(err)
		}
		if step, err = r.LinkOwn(t.Context(), step.Token, ownPassword, source); err != nil || step.Next != org.NextEnrol {
			t.Fatalf("a post that demands a second factor: %+v, %v", step, err)
		}
		secret, _, err := r.BeginTOTP(t.Context(), step.Token)
		if err != nil {
			t.Fatal(err)
		}
		if _, out, err := r.EnrolTOTP(t.Context(), step.Token, r.app(secret).code(0)); err != nil || out.Done == nil {
			t.Fatalf("%+v, %v", out, err)
		}
		if out, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", "")); err != nil || out.Done == nil {
			t.Errorf("asked for a code although VNeID proved two factors: %+v, %v", out, err)
		}
		r.begin("quan.tri", org.NextTOTP)
	})
}

func TestQR10_EndingTheProvidersSessionEndsTheOfficers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		r.numbered("toan.dq", ownNumber, org.NumberByAdmin)
		step, err := r.SignInByVNeID(t.Context(), vneidPerson("citizen-1", ownNumber), try("", ""))
		if err != nil {
			t.Fatal(err)
		}
		if step, err = r.LinkOwn(t.Context(), step.Token, ownPassword, source); err != nil || step.Done == nil {
			t.Fatalf("%+v, %v", step, err)
		}
		r.clk.Advance(40 * time.Minute)
		token, err := r.Unlock(t.Context(), step.Done.Token, ownPassword, source)
		if err != nil {
			t.Fatal(err)
		}
		err = d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := r.sessions.RevokeByProviderSID(ctx, tx, "sid-citizen-1", "notice")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Visit(t.Context(), token, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("after the owner's notice: %v", err)
		}
	})
}

func TestRP09_ProviderEndsWhatCameThroughIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		r.numbered("toan.dq", ownNumber, org.NumberByAdmin)
		person := vneidPerson("citizen-1", ownNumber)
		end := func(issuer, subject, sid string) {
			t.Helper()
			err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return r.EndByProvider(ctx, tx, issuer, subject, sid) })
			if err != nil {
				t.Fatal(err)
			}
		}
		lives := func(token string) bool {
			t.Helper()
			_, err := r.Visit(t.Context(), token, "", source)
			if err != nil && !errors.Is(err, org.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		in := func() org.Step {
			t.Helper()
			step, err := r.SignInByVNeID(t.Context(), person, try("", ""))
			if err != nil {
				t.Fatal(err)
			}
			return step
		}
		// A sign-in that still waits for the officer's password ends too.
		pending := in()
		end(person.Issuer, "", "sid-of-another")
		if _, err := r.Pending(t.Context(), pending.Token); err != nil {
			t.Errorf("another's session: %v", err)
		}
		end(person.Issuer, "", person.SID)
		if _, err := r.Pending(t.Context(), pending.Token); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("the pending sign-in: %v", err)
		}
		step, err := r.LinkOwn(t.Context(), in().Token, ownPassword, source)
		if err != nil || step.Done == nil {
			t.Fatalf("%+v, %v", step, err)
		}
		byVNeID := step.Done.Token
		byPassword, err := r.SignIn(t.Context(), try("toan.dq", ownPassword))
		if err != nil || byPassword.Done == nil {
			t.Fatalf("%+v, %v", byPassword, err)
		}
		end("https://khac.example", person.Subject, "")
		end(person.Issuer, "citizen-2", "")
		if !lives(byVNeID) {
			t.Error("ended for somebody else")
		}
		end(person.Issuer, person.Subject, "")
		if lives(byVNeID) || !lives(byPassword.Done.Token) {
			t.Errorf("by VNeID lives: %v, by password lives: %v", lives(byVNeID), lives(byPassword.Done.Token))
		}
		byVNeID = in().Done.Token
		end(person.Issuer, person.Subject, person.SID)
		if lives(byVNeID) || !lives(byPassword.Done.Token) {
			t.Errorf("by sid: by VNeID lives: %v, by password lives: %v", lives(byVNeID), lives(byPassword.Done.Token))
		}
	})
}
