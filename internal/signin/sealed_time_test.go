package signin

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"motcua/internal/signin/signintest"
)

// TestRP14_OpeningTakesTheSameTime: of a key that fits, one that does not and
// data that do not, the quickest of many runs lie together. The quickest run
// is the one that nothing else disturbed.
func TestRP14_OpeningTakesTheSameTime(t *testing.T) {
	o := opener{signintest.PrivateKey(), 32}
	secret := []byte(strings.Repeat("K", 32))
	data, key := signintest.Wrap(bytes.Repeat([]byte("x"), 100))
	other := signintest.WrapKey(secret)
	noise := strings.Repeat("A", len(key)-3) + "A=="
	cases := []struct{ name, key, data string }{
		{"in order", key, data},
		{"another key", other, data},
		{"a wrapped key whose padding is wrong", noise, data},
		{"a wrapped key one byte short", signintest.WrapKey(secret[:31]), data},
		{"data whose padding is wrong", key, strings.Repeat("A", len(data))[:len(data)-1] + data[len(data)-1:]},
		{"no key", "", data},
		{"a key that is no base64", strings.Repeat("@", len(key)), data},
	}
	quickest := make([]time.Duration, len(cases))
	for round := range 60 {
		for i, c := range cases {
			began := time.Now() //clock:real this measures
			o.open(c.key, c.data)
			took := time.Since(began)
			if round == 0 || took < quickest[i] {
				quickest[i] = took
			}
		}
	}
	least, most := quickest[0], quickest[0]
	for _, d := range quickest {
		least, most = min(least, d), max(most, d)
	}
	if most > 2*least {
		for i, c := range cases {
			t.Logf("%-40s %v", c.name, quickest[i])
		}
		t.Errorf("from %v to %v: the difference tells what did not fit", least, most)
	}
}

// FuzzSealed holds the decoder of what VNeID encrypts: whatever comes, it does
// not panic and gives nothing but what was encrypted for us.
func FuzzSealed(f *testing.F) {
	data, key := signintest.Wrap([]byte(`{"access_token":"a"}`))
	f.Add(key, data)
	f.Add("", "")
	f.Add(key[:40], data)
	f.Add(strings.Repeat("A", maxKeyText+4), "AAAA")
	f.Add("AA==\r\n", "QUFB\n")
	o := opener{signintest.PrivateKey(), 32}
	f.Fuzz(func(t *testing.T, key, data string) {
		plain, ok := o.open(key, data)
		if !ok && plain != nil {
			t.Error("refused, and yet something came out")
		}
		if len(plain) > maxSealed {
			t.Errorf("%d bytes came out", len(plain))
		}
	})
}

func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"A":2}`, "{\"s\":1,\"\u017f\":2}", `{"a":1}{"b":2}`, `[]`, `{"a":{"b":1,"b":2}}`, `{"a":"\ud800"}`, `{`, `{"a":1,}`, "\xef\xbb\xbf{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, ok := object(body)
		if !ok {
			if o != nil {
				t.Error("refused, and yet something came out")
			}
			return
		}
		for name := range o {
			if _, ok := member(o, name); !ok {
				continue
			}
			for other := range o {
				if other != name && strings.EqualFold(other, name) {
					t.Errorf("%q and %q", name, other)
				}
			}
		}
	})
}

// FuzzDirectQuery: what a browser may bring back with a raw "+".
func FuzzDirectQuery(f *testing.F) {
	state := NewBrowserToken()
	f.Add("state=" + state + "&code=a+b/c==&encrypt_key=x+y==")
	f.Add("state=" + state + "&code=%2B&encrypt_key=")
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := decodeResponse(raw, true)
		if err != nil {
			return
		}
		if len(r.encryptKey) > maxKeyText || len(r.code) > maxCode || !ValidBrowserToken(r.state) {
			t.Errorf("%q gave %+v", raw, r)
		}
		if strings.Contains(raw, "+") && !strings.Contains(raw, "%") && strings.ContainsAny(r.code+r.encryptKey, " ") {
			t.Errorf("%q: a plus became a space", raw)
		}
	})
}

// FuzzFrontLogout: anybody may load that address.
func FuzzFrontLogout(f *testing.F) {
	s := &Service{provider: Provider{Issuer: "https://id.example"}}
	f.Add("iss=https%3A%2F%2Fid.example&sid=a")
	f.Add("iss=https%3A%2F%2Fid.example&sid=a&sid=b")
	f.Add("sid=%00")
	f.Fuzz(func(t *testing.T, raw string) {
		sid, err := s.frontLogout(raw)
		if (err == nil) != (sid != "") || len(sid) > maxShort || strings.Contains(sid, "\x00") {
			t.Errorf("%q gave %q, %v", raw, sid, err)
		}
	})
}
