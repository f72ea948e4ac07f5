package signin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func sortStrings(s []string) { slices.Sort(s) }

func shortKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	return rsaKey(t, "short", 1024).Private.(*rsa.PrivateKey)
}

// rawRSA encrypts a block as it is, padding and all, so that a test decides
// what RSA PKCS#1 v1.5 will see.
func rawRSA(block []byte) string {
	k := &signintest.PrivateKey().PublicKey
	c := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(k.E)), k.N)
	return b64(c.FillBytes(make([]byte, k.Size())))
}

// padded is a PKCS#1 v1.5 block around a message; change breaks it.
func padded(message []byte, change func(b []byte)) []byte {
	b := make([]byte, signintest.PrivateKey().Size())
	for i := range b {
		b[i] = 0x5a
	}
	b[0], b[1], b[len(b)-len(message)-1] = 0, 2, 0
	copy(b[len(b)-len(message):], message)
	if change != nil {
		change(b)
	}
	return b
}

var secret = []byte(strings.Repeat("K", 32))

// brokenSeals are all the shapes in which something encrypted does not open:
// of the wrapped key, of the data, of both.
var brokenSeals = map[string]func(plain []byte) (data, key string){
	"key's padding has no zero": func(p []byte) (string, string) {
		return sealedData(p), rawRSA(padded(secret, func(b []byte) { b[len(b)-33] = 1 }))
	},
	"key's padding begins with 1": func(p []byte) (string, string) {
		return sealedData(p), rawRSA(padded(secret, func(b []byte) { b[1] = 1 }))
	},
	"key's padding begins with 0xff": func(p []byte) (string, string) {
		return sealedData(p), rawRSA(padded(secret, func(b []byte) { b[0] = 0x20 }))
	},
	"key's padding is too short": func(p []byte) (string, string) {
		return sealedData(p), rawRSA(padded(secret, func(b []byte) { b[5] = 0 }))
	},
	"key one byte short":   func(p []byte) (string, string) { return sealedData(p), signintest.WrapKey(secret[:31]) },
	"key one byte long":    func(p []byte) (string, string) { return sealedData(p), signintest.WrapKey(append(secret[:32:32], 'x')) },
	"key of 16 bytes":      func(p []byte) (string, string) { return sealedData(p), signintest.WrapKey(secret[:16]) },
	"key empty inside":     func(p []byte) (string, string) { return sealedData(p), signintest.WrapKey(nil) },
	"key as base64 inside": func(p []byte) (string, string) { return sealedData(p), signintest.WrapKey([]byte(b64(secret))) },
	"another key": func(p []byte) (string, string) {
		return sealedData(p), signintest.WrapKey([]byte(strings.Repeat("L", 32)))
	},
	"key's block random":      func(p []byte) (string, string) { return sealedData(p), rawRSA(append([]byte{0x11}, random(255)...)) },
	"key's block zero":        func(p []byte) (string, string) { return sealedData(p), b64(make([]byte, 256)) },
	"key's block one":         func(p []byte) (string, string) { return sealedData(p), b64(append(make([]byte, 255), 1)) },
	"key's block the modulus": func(p []byte) (string, string) { return sealedData(p), b64(signintest.PrivateKey().N.Bytes()) },
	"key's block all ones":    func(p []byte) (string, string) { return sealedData(p), b64([]byte(strings.Repeat("\xff", 256))) },
	"key truncated": func(p []byte) (string, string) {
		d, k := signintest.Wrap(p)
		return d, k[:len(k)-8]
	},
	"key with more behind": func(p []byte) (string, string) {
		d, k := signintest.Wrap(p)
		return d, strings.TrimRight(k, "=") + "AAAA"
	},
	"key for somebody else": func(p []byte) (string, string) {
		other, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		w, _ := rsa.EncryptPKCS1v15(rand.Reader, &other.PublicKey, secret) //nolint:staticcheck // the dialect demands it
		return sealedData(p), b64(w)
	},
	"key by OAEP's shape":     func(p []byte) (string, string) { return sealedData(p), rawRSA(append([]byte{0}, random(255)...)) },
	"key empty":               func(p []byte) (string, string) { return sealedData(p), "" },
	"key no base64":           func(p []byte) (string, string) { return sealedData(p), "@@@@" },
	"key base64url":           func(p []byte) (string, string) { return sealedData(p), strings.Repeat("-_-_", 85) + "-_-=" },
	"key a block of one byte": func(p []byte) (string, string) { return sealedData(p), "AA==" },
	"key and data exchanged":  func(p []byte) (string, string) { d, k := signintest.Wrap(p); return k, d },
	"data empty":              func(p []byte) (string, string) { return "", signintest.WrapKey(secret) },
	"data half a block":       func(p []byte) (string, string) { return b64(make([]byte, 8)), signintest.WrapKey(secret) },
	"data a block and a half": func(p []byte) (string, string) { return b64(make([]byte, 24)), signintest.WrapKey(secret) },
	"data without padding": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, whole(p, 'x'))), signintest.WrapKey(secret)
	},
	"data padded with zeros": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, whole(p, 0))), signintest.WrapKey(secret)
	},
	"data padded with 17": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, whole(p, 17))), signintest.WrapKey(secret)
	},
	"data padded with 255": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, whole(p, 255))), signintest.WrapKey(secret)
	},
	"data's padding uneven": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, append(whole(p, 'x')[:16], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 3, 4))), signintest.WrapKey(secret)
	},
	"data's last block lost": func(p []byte) (string, string) {
		d := signintest.ECB(secret, signintest.Pad(append(p, whole(p, 'x')...)))
		return b64(d[:len(d)-16]), signintest.WrapKey(secret)
	},
	"data's bit turned over": func(p []byte) (string, string) {
		d := signintest.ECB(secret, signintest.Pad(p))
		d[len(d)-1] ^= 1
		return b64(d), signintest.WrapKey(secret)
	},
	"data in clear":        func(p []byte) (string, string) { return b64(signintest.Pad(p)), signintest.WrapKey(secret) },
	"data not even base64": func(p []byte) (string, string) { return "<html>", signintest.WrapKey(secret) },
	"data nothing but padding": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, signintest.Pad(nil))), signintest.WrapKey(secret)
	},
	"data opens to noise": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, signintest.Pad(append([]byte{0, 1, 2, 0xff}, p...)))), signintest.WrapKey(secret)
	},
	"data opens to a line break": func(p []byte) (string, string) {
		return b64(signintest.ECB(secret, signintest.Pad([]byte("{\r\n\x00")))), signintest.WrapKey(secret)
	},
}

func sealedData(plain []byte) string { return b64(signintest.ECB(secret, signintest.Pad(plain))) }

// whole fills a text up to whole blocks with one byte, at least one block more.
func whole(p []byte, fill byte) []byte {
	out := append([]byte{}, p...)
	out = append(out, fill)
	for len(out)%16 != 0 {
		out = append(out, fill)
	}
	return out
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	b[0] |= 1
	return b
}

// TestRP14_WhatDoesNotOpenLooksLikeAWrongCode: whoever sends a code that does
// not open, for whatever reason, sees what comes of one that the provider does
// not know: the same kind of failure, after the same call.
func TestRP14_WhatDoesNotOpenLooksLikeAWrongCode(t *testing.T) {
	r := as(t, dbtest.New(t, db.SQLite), signin.ProfileDirect)
	wrong := func(data, key string) (*signin.Failure, int) {
		t.Helper()
		state := query(t, r.start(signin.Request{ReturnTo: "/a"})).Get("state")
		before := r.op.Calls("token")
		res, err := r.come("state=" + state + "&code=" + data + "&encrypt_key=" + key)
		f := signin.AsFailure(err)
		if f == nil || res.Identity != (signin.Identity{}) {
			t.Fatalf("got in: %v", err)
		}
		return f, r.op.Calls("token") - before
	}
	data, key := signintest.Wrap([]byte("nobody-has-this-code-0000"))
	model, calls := wrong(data, key)
	if model.Kind != signin.Refused || calls != 1 {
		t.Fatalf("a wrong code: %v after %d calls", model, calls)
	}
	reasons := map[string]bool{}
	for name, broken := range brokenSeals {
		data, key := broken([]byte("nobody-has-this-code-0000"))
		if data == "" {
			continue // no code at all is another thing, and needs no key to see
		}
		f, calls := wrong(url.PathEscape(data), url.PathEscape(key))
		if f.Kind != model.Kind || f.ReturnTo != model.ReturnTo || calls != 1 {
			t.Errorf("%s: %s (%s) to %q after %d calls, a wrong code is %s", name, f.Kind, f.Reason, f.ReturnTo, calls, model.Kind)
		}
		if f.Err != nil {
			t.Errorf("%s: a cause comes along: %v", name, f.Err)
		}
		reasons[f.Reason] = true
	}
	if len(reasons) != 1 || !reasons["code_encrypted"] {
		t.Errorf("reasons %v, want one", reasons)
	}
	// What the provider is asked with is not what came.
	if form := r.op.TokenForm; form.Get("code") == "" || strings.ContainsAny(form.Get("code"), "\x00\r\n+/=") {
		t.Errorf("asked with the code %q", form.Get("code"))
	}
}

// TestRP14_AnswersThatDoNotOpenAreOneFailure, whatever is wrong with them.
func TestRP14_AnswersThatDoNotOpenAreOneFailure(t *testing.T) {
	for _, endpoint := range []string{"token", "userinfo"} {
		r := as(t, dbtest.New(t, db.SQLite), signin.ProfileDirect)
		for name, broken := range brokenSeals {
			r.op.Wrapped = func(e string, m map[string]any) {
				if e == endpoint {
					m["data"], m["key"] = broken([]byte(`{"access_token":"access-x","token_type":"Bearer"}`))
				}
			}
			res, err := r.go1(signin.Request{ReturnTo: "/a"})
			f := wantFailure(t, err, signin.WrongAnswer, endpoint+"_encrypted")
			if f.Err != nil || res.Identity != (signin.Identity{}) {
				t.Errorf("%s, %s: %v %+v", endpoint, name, f.Err, res.Identity)
			}
		}
	}
}
