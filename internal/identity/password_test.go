package identity_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

func TestPW02_PW03_RulesHoldWhereAPasswordIsSet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		_, code, err := r.People.Add(t.Context(), console, identity.Account{Number: identitytest.Number, Name: "Nguyễn Hữu Ưỡng",
			BirthDate: "1984-03-27", Phone: identitytest.Phone, Level: 2})
		if err != nil {
			t.Fatal(err)
		}
		for password, want := range map[string]credential.Reason{
			"bảy chữ": credential.TooShort, strings.Repeat("chuỗi dài ", 13): credential.TooLong, "password1": credential.Common,
			identitytest.Number: credential.HasNumber, "nguyenhuuuong9": credential.HasName, "27/03/1984": credential.HasBirth, "hungyen2026": credential.HasPlace,
		} {
			var weak *credential.Weak
			err := r.People.SetPassword(t.Context(), identitytest.Source, identitytest.Number, code, password)
			if !errors.As(err, &weak) || weak.Reason != want {
				t.Errorf("%q: %v, want %s", password, err, want)
			}
		}
		// Sixty-four letters of any script, with blanks.
		long := strings.Repeat("chữ ỡ 木の ", 8)[:64]
		if err := r.People.SetPassword(t.Context(), identitytest.Source, identitytest.Number, code, long); err != nil {
			t.Fatalf("a long password: %v", err)
		}
		try := identitytest.Try("q", "b")
		try.Password = long
		if err := r.People.CheckPassword(t.Context(), try); err != nil {
			t.Errorf("sign-in with it: %v", err)
		}
	})
}

// weakHash is a hash with parameters of an older release.
func weakHash(r *identitytest.Rig, password string) string {
	const memory = 8 * 1024
	salt := []byte("0123456789abcdef")
	key := argon2.IDKey(r.Box.MAC("password-pepper", []byte(password)), salt, 1, memory, 1, 32)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=1,p=1$%s$%s", memory, enc.EncodeToString(salt), enc.EncodeToString(key))
}

func TestPW04_SignInReplacesAnOldHash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		old := weakHash(r, identitytest.Password)
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := r.People.Insert(ctx, tx, audit.System, identity.Account{Number: identitytest.Number, Name: "Nguyễn Hữu Ưỡng",
				Phone: identitytest.Phone, Level: 2, PasswordHash: &old})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		stored := func() string {
			a, err := r.People.Find(t.Context(), d, identitytest.Number)
			if err != nil {
				t.Fatal(err)
			}
			return *a.PasswordHash
		}
		wrong := identitytest.Try("q", "b")
		wrong.Password = "khong phai"
		if err := r.People.CheckPassword(t.Context(), wrong); !errors.Is(err, identity.ErrRefused) || stored() != old {
			t.Errorf("a wrong password: %v, hash %s", err, stored())
		}
		if err := r.People.Lock(t.Context(), console, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); !errors.Is(err, identity.ErrRefused) || stored() != old {
			t.Errorf("a locked account: %v, hash %s", err, stored())
		}
		if err := r.People.Unlock(t.Context(), console, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(stored(), "$argon2id$v=19$m=19456,t=2,p=1$") {
				t.Errorf("after a sign-in the hash is still %s", stored())
			}
		}
	})
}
