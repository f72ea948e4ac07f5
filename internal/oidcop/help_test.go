package oidcop_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func header(t *testing.T, token string) (alg, kid string) {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	var h struct{ Alg, Kid string }
	if err := json.Unmarshal(b, &h); err != nil {
		t.Fatal(err)
	}
	return h.Alg, h.Kid
}

var (
	fuzzOnce   sync.Once
	fuzzShared *rig
)

// fuzzRig is one rig for all runs of a fuzz target.
func fuzzRig(t *testing.T) *rig {
	fuzzOnce.Do(func() { fuzzShared = newRig(t, dbtest.Shared(t, db.SQLite)) })
	return fuzzShared
}

func jsonText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
