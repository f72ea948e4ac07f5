package i18ntest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The checker must find what it is there to find.
func TestCheckFindsMissingKeys(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"page.html": `{{.T "web.no.such"}} {{$.TH "web.nor.this" .X}}`,
		"page.go":   "package p\nvar a = problem.New(problem.Gone, \"web.gone.key\", nil)\nvar b = p.T(\"web.called\")\nvar c = map[int]string{1: \"web.problem.typo\"}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wrong, err := Check(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"web.no.such", "web.nor.this", "web.gone.key", "web.called", "web.problem.typo"} {
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, key+": not in the catalogue") }) {
			t.Errorf("%s is not reported", key)
		}
	}
	if !slices.Contains(wrong, "web.skip: nothing uses it") {
		t.Error("an unused key is not reported")
	}
}

func TestBalanced(t *testing.T) {
	for s, want := range map[string]bool{
		`a <strong>b</strong>`: true, `<a href="x">y</a><br>`: true,
		`<strong>b`: false, `</b>`: false, `<a><b></a></b>`: false,
	} {
		if balanced(s) != want {
			t.Errorf("balanced(%q) = %v", s, !want)
		}
	}
}
