package secretbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/internal/secretbox"
)

func TestMasterFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	m, err := secretbox.CreateMasterFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := secretbox.CreateMasterFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a key was written over: %v", err)
	}
	got, err := secretbox.LoadMaster(path, "")
	if err != nil || !bytes.Equal(got, m) {
		t.Errorf("%v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := secretbox.LoadMaster("", string(text)); err != nil || !bytes.Equal(got, m) {
		t.Errorf("from text: %v", err)
	}
	if got, err := secretbox.LoadOrCreateMasterFile(path); err != nil || !bytes.Equal(got, m) {
		t.Errorf("load or create: %v", err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := secretbox.LoadMaster(path, ""); !errors.Is(err, secretbox.ErrMasterOpen) || !strings.Contains(err.Error(), path) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.key")
	if err := os.WriteFile(bad, []byte("c2hvcnQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secretbox.LoadMaster(bad, ""); !errors.Is(err, secretbox.ErrMasterFormat) || !strings.Contains(err.Error(), bad) {
		t.Errorf("a short key: %v", err)
	}
	if _, err := secretbox.LoadMaster(filepath.Join(t.TempDir(), "none"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := secretbox.LoadMaster("", ""); err == nil {
		t.Error("nothing given")
	}
	if _, err := secretbox.LoadMaster(path, "x"); err == nil {
		t.Error("two given")
	}
}

func TestMasterIsNeverPrinted(t *testing.T) {
	m := secretbox.NewMaster()
	j, err := json.Marshal(struct{ M secretbox.Master }{m})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(m), fmt.Sprintf("%v %+v %#v %s %x %q", m, m, m, m, m, m), string(j), m.LogValue().String()} {
		if rest := strings.ReplaceAll(s, "[master key]", ""); len(rest) > 10 {
			t.Errorf("printed: %s", s)
		}
	}
}
