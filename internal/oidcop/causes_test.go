package oidcop_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

// Whatever ends a session, by its name in the requirement: the service is told
// at the next run of the queue, and what it was given is worth nothing.
func TestOP14_CausesByName(t *testing.T) {
	revoke := func(fn func(ctx context.Context, tx *db.Tx, r *rig, sid string) error) func(*testing.T, *rig, string, string) error {
		return func(t *testing.T, r *rig, _, sid string) error {
			return r.provider.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return fn(ctx, tx, r, sid) })
		}
	}
	for name, end := range map[string]func(t *testing.T, r *rig, session, sid string) error{
		"user logout": func(t *testing.T, r *rig, session, _ string) error {
			return r.provider.SignOutNow(t.Context(), in(session))
		},
		"expiry": func(t *testing.T, r *rig, _, _ string) error {
			r.Clock.Advance(oidcop.SessionIdle)
			return r.provider.EndExpired(t.Context())
		},
		"administrator's kill": revoke(func(ctx context.Context, tx *db.Tx, r *rig, sid string) error {
			return r.Sessions.Revoke(ctx, tx, sid, "admin")
		}),
		"password change": revoke(func(ctx context.Context, tx *db.Tx, r *rig, _ string) error {
			return r.Sessions.RevokeOthers(ctx, tx, identity.Site, r.account.ID, "another one", "password_change")
		}),
		"password reset": func(t *testing.T, r *rig, _, _ string) error {
			_, err := r.People.Reset(t.Context(), audit.System, identitytest.Number)
			return err
		},
		"account lock": func(t *testing.T, r *rig, _, _ string) error {
			return r.People.Lock(t.Context(), audit.System, identitytest.Number)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				r := newRig(t, d)
				s := r.told(t, "dich-vu", false)
				got, session := r.signIn(t, ask("client_id", "dich-vu", "scope", "openid profile"))
				p := r.exchange(t, got.Get("code"), "basic-user", "dich-vu")
				sid, _ := claimsOf(t, p.str("id_token"))["sid"].(string)
				before := r.Clock.Now()
				if err := end(t, r, session, sid); err != nil {
					t.Fatal(err)
				}
				ended := r.Clock.Now()
				r.drain(t)
				told := s.take()
				if len(told) != 1 || claimsOf(t, told[0])["sid"] != sid {
					t.Fatalf("told %d times", len(told))
				}
				if l := r.deliveries(t, ""); l[0].EndedAt == nil || l[0].EndedAt.Sub(ended) > 5*time.Second || ended.Before(before) {
					t.Errorf("%+v", l[0])
				}
				if st := r.userinfo(t, p.str("access_token")).status; st != 401 {
					t.Errorf("its token works: %d", st)
				}
				if q := r.post(t, "/introspect", url.Values{"token": {p.str("access_token")}}, "basic-user", "dich-vu"); q.body["active"] != false {
					t.Errorf("introspection: %v", q.body)
				}
			})
		})
	}
}
