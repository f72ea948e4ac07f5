package identity_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

var (
	diep = identity.Clerk{By: audit.Ref{Kind: "officer", ID: "o-diep"}}
	loc  = identity.Clerk{By: audit.Ref{Kind: "officer", ID: "o-loc"}}
)

const newPhone = "+84900000777"

func eachAccount(t *testing.T, fn func(t *testing.T, r *identitytest.Rig, id string)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		fn(t, r, r.AddPerson(t).ID)
	})
}

func newcomer(level int) identity.Account {
	return identity.Account{Number: "099190000123", Name: "Trần Thị Mới", BirthDate: "1990-01-02", Sex: "female", Phone: newPhone, Level: level}
}

func get(t *testing.T, r *identitytest.Rig, id string) identity.Account {
	t.Helper()
	a, err := r.People.Get(t.Context(), r.People.DB, id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// An account of level 2 is not there before a second officer says so; whoever
// asked cannot be that officer.
func TestAdmin_LevelTwoTakesTwoOfficers(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, _ string) {
		ctx := t.Context()
		if _, err := r.People.CreateAccount(ctx, diep, newcomer(2), "saw nothing"); !errors.Is(err, identity.ErrNoCheck) {
			t.Errorf("without a check: %v", err)
		}
		done, err := r.People.CreateAccount(ctx, diep, newcomer(2), identity.CheckCard)
		if err != nil || done.AccountID != "" || done.RequestID == "" {
			t.Fatalf("%+v (%v)", done, err)
		}
		if _, err := r.People.Find(ctx, r.People.DB, "099190000123"); !errors.Is(err, identity.ErrNoAccount) {
			t.Errorf("it is there already: %v", err)
		}
		if _, err := r.People.CreateAccount(ctx, loc, newcomer(2), identity.CheckCard); !errors.Is(err, identity.ErrRequestOpen) {
			t.Errorf("asked twice: %v", err)
		}
		if _, err := r.People.ApproveRequest(ctx, diep, done.RequestID); !errors.Is(err, identity.ErrSelfApproval) {
			t.Errorf("approved by oneself: %v", err)
		}
		if err := r.People.RefuseRequest(ctx, diep, done.RequestID); !errors.Is(err, identity.ErrSelfApproval) {
			t.Errorf("refused by oneself: %v", err)
		}
		if err := r.People.WithdrawRequest(ctx, loc, done.RequestID); !errors.Is(err, identity.ErrNoRequest) {
			t.Errorf("withdrawn by another: %v", err)
		}
		seen, err := r.People.OpenRequest(ctx, loc, done.RequestID)
		if err != nil || seen.Wanted.Phone != newPhone || seen.Own || seen.RequestedBy != "o-diep" {
			t.Errorf("the second officer sees %+v (%v)", seen, err)
		}
		id, err := r.People.ApproveRequest(ctx, loc, done.RequestID)
		if err != nil {
			t.Fatal(err)
		}
		if a := get(t, r, id); a.Level != 2 || a.Phone != newPhone || a.PasswordHash != nil {
			t.Errorf("made %+v", a)
		}
		if _, err := r.People.ApproveRequest(ctx, loc, done.RequestID); !errors.Is(err, identity.ErrRequestOver) {
			t.Errorf("approved twice: %v", err)
		}
		data, err := db.Get[*string](ctx, r.People.DB, `SELECT data FROM account_request WHERE id = $1`, done.RequestID)
		if err != nil || data != nil {
			t.Errorf("what was asked for stays after its use (%v)", err)
		}
		letter, err := r.People.Letter(ctx, diep, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.People.SetPassword(ctx, identitytest.Source, "099190000123", letter.Code, identitytest.Password); err != nil {
			t.Errorf("the letter: %v", err)
		}
	})
}

func TestAdmin_LevelOneIsOneOfficers(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, _ string) {
		done, err := r.People.CreateAccount(t.Context(), diep, newcomer(1), identity.CheckCard)
		if err != nil || done.AccountID == "" {
			t.Fatalf("%+v (%v)", done, err)
		}
		if _, err := r.People.CreateAccount(t.Context(), diep, newcomer(1), identity.CheckCard); !errors.Is(err, identity.ErrNumberTaken) {
			t.Errorf("twice: %v", err)
		}
		if d, err := r.People.ChangePhone(t.Context(), diep, done.AccountID, "+84900000778", identity.CheckChip); err != nil || d.AccountID == "" {
			t.Errorf("its phone: %+v %v", d, err)
		}
		if _, err := r.People.ChangePhone(t.Context(), diep, done.AccountID, "+84900000778", identity.CheckChip); !errors.Is(err, identity.ErrSame) {
			t.Errorf("the same phone: %v", err)
		}
		if a := get(t, r, done.AccountID); a.Phone != "+84900000778" {
			t.Errorf("phone %s", a.Phone)
		}
		o, err := r.People.OpenAccount(t.Context(), loc, done.AccountID)
		if err != nil || len(o.Requests) != 2 || o.Requests[0].State != identity.RequestApplied || o.Requests[0].Check != identity.CheckChip || o.Requests[0].RequestedBy != "o-diep" {
			t.Errorf("what was checked, by whom: %+v (%v)", o.Requests, err)
		}
	})
}

func TestAdmin_ChangesOfLevelTwoWait(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, id string) {
		ctx := t.Context()
		for kind, ask := range map[identity.RequestKind]func() (identity.Done, error){
			identity.RequestPhone: func() (identity.Done, error) {
				return r.People.ChangePhone(ctx, diep, id, newPhone, identity.CheckCard)
			},
			identity.RequestNumber: func() (identity.Done, error) {
				return r.People.ChangeNumber(ctx, diep, id, "099084007777", identity.CheckCard)
			},
		} {
			before := get(t, r, id)
			d, err := ask()
			if err != nil || d.RequestID == "" {
				t.Fatalf("%s: %+v (%v)", kind, d, err)
			}
			if a := get(t, r, id); a.Phone != before.Phone || a.Number != before.Number {
				t.Errorf("%s: done by one officer", kind)
			}
			if _, err := r.People.ApproveRequest(ctx, diep, d.RequestID); !errors.Is(err, identity.ErrSelfApproval) {
				t.Errorf("%s: by oneself: %v", kind, err)
			}
			if _, err := r.People.ApproveRequest(ctx, loc, d.RequestID); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if a := get(t, r, id); a.Phone != newPhone || a.Number != "099084007777" {
			t.Errorf("after both: %+v", a)
		}
		if n := count(t, r.DB, `SELECT count(*) FROM audit_record WHERE reason = 'own_request' AND outcome = 'refused'`); n != 2 {
			t.Errorf("%d records of self-approval, want 2", n)
		}
		if n := count(t, r.DB, `SELECT count(*) FROM sms_message WHERE purpose IN ('phone_change','account_notice')`); n != 2 {
			t.Errorf("the owner was told %d times", n)
		}
	})
}

// What the second officer allows is what the first one saw.
func TestAdmin_ApprovalOfAChangedAccountIsRefused(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, _ string) {
		ctx := t.Context()
		made, err := r.People.CreateAccount(ctx, diep, newcomer(1), identity.CheckCard)
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.People.RaiseLevel(ctx, diep, made.AccountID, identity.CheckCard)
		if err != nil || d.RequestID == "" {
			t.Fatalf("%+v %v", d, err)
		}
		if _, err := r.People.ChangePhone(ctx, diep, made.AccountID, "+84900000779", identity.CheckCard); err != nil {
			t.Fatal(err)
		}
		if _, err := r.People.ApproveRequest(ctx, loc, d.RequestID); !errors.Is(err, identity.ErrStale) {
			t.Errorf("approved: %v", err)
		}
		if a := get(t, r, made.AccountID); a.Level != 1 {
			t.Error("raised")
		}
		if err := r.People.WithdrawRequest(ctx, diep, d.RequestID); err != nil {
			t.Error(err)
		}
		if d, err = r.People.RaiseLevel(ctx, diep, made.AccountID, identity.CheckCard); err != nil {
			t.Fatal(err)
		}
		if _, err := r.People.ApproveRequest(ctx, loc, d.RequestID); err != nil {
			t.Error(err)
		}
		if a := get(t, r, made.AccountID); a.Level != 2 {
			t.Error("not raised")
		}
		if _, err := r.People.RaiseLevel(ctx, diep, made.AccountID, identity.CheckCard); !errors.Is(err, identity.ErrSame) {
			t.Errorf("again: %v", err)
		}
	})
}

func TestAdmin_RequestsExpireAfterSevenDays(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, id string) {
		ctx := t.Context()
		d, err := r.People.ChangePhone(ctx, diep, id, newPhone, identity.CheckCard)
		if err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(7*24*time.Hour - time.Second)
		if list, err := r.People.Waiting(ctx, loc); err != nil || len(list) != 1 || list[0].Account.ID != id {
			t.Errorf("waiting: %+v (%v)", list, err)
		}
		r.Clock.Advance(time.Second)
		if list, err := r.People.Waiting(ctx, loc); err != nil || len(list) != 0 {
			t.Errorf("still waiting: %d (%v)", len(list), err)
		}
		if _, err := r.People.ApproveRequest(ctx, loc, d.RequestID); !errors.Is(err, identity.ErrRequestOver) {
			t.Errorf("too late: %v", err)
		}
		if _, err := r.People.ChangePhone(ctx, diep, id, newPhone, identity.CheckCard); err != nil {
			t.Errorf("asked anew: %v", err)
		}
		r.Clock.Advance(8 * 24 * time.Hour)
		if err := r.People.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if n := count(t, r.DB, `SELECT count(*) FROM account_request WHERE state <> 'expired' OR data IS NOT NULL`); n != 0 {
			t.Errorf("%d keep what was asked for", n)
		}
		r.Clock.Advance(400 * 24 * time.Hour)
		if err := r.People.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if n := count(t, r.DB, `SELECT count(*) FROM account_request`); n != 0 {
			t.Errorf("%d are kept for ever", n)
		}
	})
}

// Of many decisions at the same moment one counts.
func TestAdmin_OneOfManyDecisionsWins(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, id string) {
		d, err := r.People.ChangePhone(t.Context(), diep, id, newPhone, identity.CheckCard)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		won := make(chan string, 20)
		for i := range 20 {
			wg.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = r.People.ApproveRequest(t.Context(), loc, d.RequestID)
				} else {
					err = r.People.RefuseRequest(t.Context(), loc, d.RequestID)
				}
				switch {
				case err == nil:
					won <- []string{"approved", "refused"}[i%2]
				case !errors.Is(err, identity.ErrRequestOver):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(won)
		var all []string
		for w := range won {
			all = append(all, w)
		}
		if len(all) != 1 {
			t.Fatalf("%v decided", all)
		}
		if changed := get(t, r, id).Phone == newPhone; changed != (all[0] == "approved") {
			t.Errorf("%s, and the phone changed: %v", all[0], changed)
		}
	})
}

func TestAdmin_NobodyTouchesTheirOwnAccount(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, id string) {
		ctx := t.Context()
		own := diep
		own.Number = identitytest.Number
		for name, do := range map[string]func() error{
			"lock":     func() error { return r.People.LockAccount(ctx, own, id, identity.LockOwner) },
			"unlock":   func() error { return r.People.UnlockAccount(ctx, own, id) },
			"sessions": func() error { return r.People.EndSessions(ctx, own, id) },
			"letter":   func() error { _, err := r.People.Letter(ctx, own, id); return err },
			"recovery": func() error { _, err := r.People.RecoveryLetter(ctx, own, id); return err },
			"phone":    func() error { _, err := r.People.ChangePhone(ctx, own, id, newPhone, identity.CheckCard); return err },
			"level":    func() error { _, err := r.People.RaiseLevel(ctx, own, id, identity.CheckCard); return err },
			"create": func() error {
				a := newcomer(1)
				a.Number = identitytest.Number
				_, err := r.People.CreateAccount(ctx, own, a, identity.CheckCard)
				return err
			},
		} {
			if err := do(); !errors.Is(err, identity.ErrOwnAccount) {
				t.Errorf("%s: %v", name, err)
			}
		}
		d, err := r.People.ChangePhone(ctx, loc, id, newPhone, identity.CheckCard)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.People.ApproveRequest(ctx, own, d.RequestID); !errors.Is(err, identity.ErrOwnAccount) {
			t.Errorf("approve: %v", err)
		}
		if o, err := r.People.OpenAccount(ctx, own, id); err != nil || !o.Own {
			t.Errorf("seen: %v %v", o.Own, err)
		}
	})
}

func TestAdmin_LockSaysWhyAndEndsSessions(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, id string) {
		ctx := t.Context()
		if err := r.People.LockAccount(ctx, diep, id, identity.LockMisuse); err != nil {
			t.Fatal(err)
		}
		if err := r.People.LockAccount(ctx, diep, id, identity.LockOwner); !errors.Is(err, identity.ErrNotActive) {
			t.Errorf("twice: %v", err)
		}
		o, err := r.People.OpenAccount(ctx, diep, id)
		if err != nil || o.Account.Status != identity.StatusLocked || o.LockReason != identity.LockMisuse || o.Account.PasswordHash != nil || !o.HasPassword {
			t.Errorf("opened %+v (%v)", o, err)
		}
		if _, err := r.People.Letter(ctx, diep, id); !errors.Is(err, identity.ErrNotActive) {
			t.Errorf("a letter for a locked account: %v", err)
		}
		if err := r.People.CheckPassword(ctx, identitytest.Try("q", "b")); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("sign-in: %v", err)
		}
		if err := r.People.UnlockAccount(ctx, loc, id); err != nil {
			t.Fatal(err)
		}
		if err := r.People.CheckPassword(ctx, identitytest.Try("q2", "b")); err != nil {
			t.Errorf("sign-in afterwards: %v", err)
		}
		if err := r.People.EndSession(ctx, diep, id, "x' OR 1=1"); !errors.Is(err, identity.ErrNotActive) {
			t.Errorf("no session: %v", err)
		}
		for _, bad := range []string{"", "nobody", "\x00", strings.Repeat("x", 500)} {
			if err := r.People.LockAccount(ctx, diep, bad, identity.LockMisuse); !errors.Is(err, identity.ErrNoAccount) {
				t.Errorf("%q: %v", bad, err)
			}
			if _, err := r.People.ApproveRequest(ctx, loc, bad); !errors.Is(err, identity.ErrNoRequest) {
				t.Errorf("request %q: %v", bad, err)
			}
		}
	})
}

func TestAdmin_SearchByNameAndNumber(t *testing.T) {
	eachAccount(t, func(t *testing.T, r *identitytest.Rig, id string) {
		ctx := t.Context()
		var all []identity.Account
		for i := range 70 {
			all = append(all, identity.Account{Number: "0991" + "9000" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + "00", Name: "Đỗ Thị Nhiều", Phone: newPhone, Level: 1})
		}
		if err := r.People.Import(ctx, console, all); err != nil {
			t.Fatal(err)
		}
		// A row of an older program has no search text.
		if _, err := db.Exec(ctx, r.People.DB, `UPDATE account SET folded = ''`); err != nil {
			t.Fatal(err)
		}
		seen, pages := map[string]bool{}, 0
		for after := ""; ; {
			f, err := r.People.SearchAccounts(ctx, diep, "do THI nhieu", after)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, a := range f.Accounts {
				seen[a.ID] = true
			}
			if after = f.Next; after == "" {
				break
			}
		}
		if len(seen) != 70 || pages != 3 {
			t.Errorf("%d accounts on %d pages", len(seen), pages)
		}
		for _, q := range []string{"", " x ", "%", "\x00"} {
			if _, err := r.People.SearchAccounts(ctx, diep, q, ""); !errors.Is(err, identity.ErrQueryShort) {
				t.Errorf("%q: %v", q, err)
			}
		}
		for _, q := range []string{"%%", "__", "';--"} {
			if f, err := r.People.SearchAccounts(ctx, diep, q, "zzz"); err != nil || len(f.Accounts) != 0 {
				t.Errorf("%q: %d (%v)", q, len(f.Accounts), err)
			}
		}
		if got, err := r.People.SearchNumber(ctx, diep, identitytest.Number); err != nil || got != id {
			t.Errorf("by number: %q (%v)", got, err)
		}
		if _, err := r.People.SearchNumber(ctx, diep, "099000000000"); !errors.Is(err, identity.ErrNoAccount) {
			t.Errorf("nobody's number: %v", err)
		}
		if n := count(t, r.DB, `SELECT count(*) FROM audit_record WHERE action = 'account.search'`); n != 8 {
			t.Errorf("%d searches are in the log", n)
		}
	})
}
