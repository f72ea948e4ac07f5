package credential_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/credential"
)

func pepper(key string) func([]byte) []byte {
	return func(b []byte) []byte {
		m := hmac.New(sha256.New, []byte(key))
		m.Write(b)
		return m.Sum(nil)
	}
}

var about = credential.About{Number: "099084001258", Name: "Nguyễn Hữu Ưỡng", BirthDate: "1984-03-27"}

func TestPW02_LengthAndUnicodeWithoutComposition(t *testing.T) {
	for _, ok := range []string{"xanhlacay chuoi", "đò đưa qua sông", "1fk9s2mq", strings.Repeat("ă×bqệ", 24), strings.Repeat("ab cd ", 21)} {
		if err := credential.Check(ok, credential.MinCitizen, about); err != nil {
			t.Errorf("Check(%q) = %v, want accepted", ok, err)
		}
	}
	reason(t, "1fk9s2m", credential.MinCitizen, credential.TooShort)
	reason(t, "1fk9s2mq7xw", credential.MinOfficer, credential.TooShort)
	reason(t, strings.Repeat("abcd", 33), credential.MinCitizen, credential.TooLong)
}

func TestPW02_NormalisedForm(t *testing.T) {
	h := credential.New(pepper("k"), 1)
	composed, decomposed := "m\u1eadt kh\u1ea9u d\u00e0i", "ma\u0323\u0302t kha\u0302\u0309u da\u0300i"
	phc, err := h.Hash(t.Context(), composed)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), phc, decomposed); err != nil || !ok {
		t.Errorf("the same password typed on another keyboard is refused: %v %v", ok, err)
	}
}

func TestPW03_Blocklist(t *testing.T) {
	for pw, want := range map[string]credential.Reason{
		"password1":          credential.Common,
		"iloveyou":           credential.Common,
		"Sunshine!!":         credential.Common,
		"099084001258":       credential.HasNumber,
		"x099 084 001 258":   credential.HasNumber,
		"27031984ab":         credential.HasBirth,
		"27/03/1984":         credential.HasBirth,
		"nguyenhuuuong99999": credential.HasName,
		"Nguyễn2024":         credential.HasName,
		"hungyen2026":        credential.HasPlace,
		"VNeID2026":          credential.HasPlace,
		"DichVuCong123":      credential.HasPlace,
		"aaaaaaaa":           credential.Repeats,
		"abababab":           credential.Repeats,
		"23456789":           credential.Repeats,
		"hgfedcba":           credential.Repeats,
	} {
		reason(t, pw, credential.MinCitizen, want)
	}
}

// The list has the size that PW-03 asks for, and each of its words is refused.
func TestPW03_EachCommonPassword(t *testing.T) {
	text, err := os.ReadFile("common.txt")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for w := range strings.Lines(string(text)) {
		words[strings.TrimSpace(w)] = true
	}
	if len(words) < 3000 {
		t.Errorf("%d words, want 3,000 at least", len(words))
	}
	for w := range words {
		if credential.Check(w, 1, credential.About{}) == nil {
			t.Errorf("%q is accepted", w)
		}
	}
}

func reason(t *testing.T, pw string, least int, want credential.Reason) {
	t.Helper()
	var weak *credential.Weak
	if err := credential.Check(pw, least, about); !errors.As(err, &weak) || weak.Reason != want {
		t.Errorf("Check(%q) = %v, want %s", pw, err, want)
	}
}

func TestPW04_HashCarriesParametersAndPepper(t *testing.T) {
	h := credential.New(pepper("k"), 2)
	phc, err := h.Hash(t.Context(), "xanhlacay chuoi")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("parameters missing from %q", phc)
	}
	if ok, rehash, err := h.Verify(t.Context(), phc, "xanhlacay chuoi"); !ok || rehash || err != nil {
		t.Errorf("Verify = %v %v %v", ok, rehash, err)
	}
	if ok, _, _ := h.Verify(t.Context(), phc, "xanhlacay chuoj"); ok {
		t.Error("a wrong password is accepted")
	}
	if ok, _, _ := credential.New(pepper("other"), 1).Verify(t.Context(), phc, "xanhlacay chuoi"); ok {
		t.Error("the pepper does not matter")
	}
}

func TestPW04_RehashWhenParametersChange(t *testing.T) {
	h := credential.New(pepper("k"), 1)
	// m=8 MiB, t=1: made with the same pepper by an older release.
	old := oldHash(t, pepper("k"), "xanhlacay chuoi")
	if ok, rehash, err := h.Verify(t.Context(), old, "xanhlacay chuoi"); !ok || !rehash || err != nil {
		t.Errorf("Verify = %v %v %v, want ok and rehash", ok, rehash, err)
	}
	if _, rehash, _ := h.Verify(t.Context(), old, "sai"); rehash {
		t.Error("a wrong password asks for a rehash")
	}
}

func TestPW04_ConcurrencyIsBounded(t *testing.T) {
	var running, most atomic.Int32
	// The pepper runs inside the slot, so it counts who is in.
	h := credential.New(func(b []byte) []byte {
		most.Store(max(most.Load(), running.Add(1)))
		return b
	}, 2)
	h.Observe(func(time.Duration) { running.Add(-1) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { h.VerifyNone(context.Background(), "x") })
	}
	wg.Wait()
	if most.Load() > 2 {
		t.Errorf("%d hashes ran at once, want at most 2", most.Load())
	}
}

func TestPW04_MalformedHashIsRefused(t *testing.T) {
	h := credential.New(pepper("k"), 1)
	for _, bad := range []string{"", "x", "$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=19456,t=0,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2i$v=19$m=1,t=1,p=1$AAAA$AAAA"} {
		if _, _, err := h.Verify(t.Context(), bad, "x"); !errors.Is(err, credential.ErrMalformed) {
			t.Errorf("Verify(%q) = %v, want ErrMalformed", bad, err)
		}
	}
}

func TestCodesReadAloudMatch(t *testing.T) {
	code, digest := credential.NewCode()
	if len(code) != 19 {
		t.Errorf("code %q has %d characters", code, len(code))
	}
	if credential.CodeDigest(" "+strings.ToLower(strings.ReplaceAll(code, "-", " "))) != digest {
		t.Error("case, spaces and dashes matter")
	}
	other, _ := credential.NewCode()
	if credential.CodeDigest(other) == digest || credential.CodeDigest("") == digest {
		t.Error("another code matches")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("xanhlacay chuoi", "099084001258", "Nguyễn Hữu Ưỡng", "1984-03-27")
	f.Add("\xff\xfe", "", "", "x")
	f.Fuzz(func(t *testing.T, pw, number, name, birth string) {
		err := credential.Check(pw, 8, credential.About{Number: number, Name: name, BirthDate: birth})
		var weak *credential.Weak
		if err != nil && !errors.As(err, &weak) {
			t.Errorf("unexpected error %v", err)
		}
	})
}
