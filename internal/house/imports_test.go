package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "motcua/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, "motcua/")
		all = append(all, p)
	}
}

// The floors of the house, from the ground up. A package may import its own
// floor and those below it; sites may not import each other.
var floors = [][]string{
	{"internal/clock", "internal/lan", "internal/qrcode", "internal/problem", "internal/vn", "internal/i18n", "web/dist", "internal/db", "internal/ratelimit", "docs"},
	{"internal/secretbox", "internal/jobs", "internal/audit", "internal/session", "internal/credential", "internal/obs", "internal/web", "internal/config"},
	{"internal/sms"},
	{"internal/identity", "internal/citizen", "internal/org"},
	{"internal/oidcop", "internal/signin"},
	{"internal/site"},
	{"internal/demo"},
	{"internal/app"},
	{"cmd"},
}

func floorOf(path string) int {
	for i, names := range floors {
		for _, n := range names {
			if path == n || strings.HasPrefix(path, n+"/") {
				return i
			}
		}
	}
	return -1
}

// aside are packages that only tests and tools use.
func aside(path string) bool {
	return strings.HasSuffix(path, "test") || strings.HasPrefix(path, "e2e") || path == "interop" || path == "internal/house" || strings.HasPrefix(path, "internal/site/gallery")
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t) {
		if aside(p.ImportPath) {
			continue
		}
		floor := floorOf(p.ImportPath)
		if floor < 0 {
			t.Errorf("%s stands on no floor: add it to the plan here and in docs/architecture.md", p.ImportPath)
			continue
		}
		for _, path := range p.Imports {
			path, ours := strings.CutPrefix(path, "motcua/")
			switch {
			case !ours:
			case aside(path):
				t.Errorf("%s imports %s, which is for tests", p.ImportPath, path)
			case floorOf(path) > floor:
				t.Errorf("%s imports %s, which stands above it", p.ImportPath, path)
			case strings.HasPrefix(p.ImportPath, "internal/site/") && strings.HasPrefix(path, "internal/site/"):
				t.Errorf("site %s imports site %s", p.ImportPath, path)
			}
		}
	}
}

func TestSitesKnowNoDatabaseAndTheDomainNoHTTP(t *testing.T) {
	forbidden := map[string][]string{
		"internal/site/":    {"motcua/internal/db", "database/sql"},
		"internal/identity": {"net/http", "motcua/internal/web", "motcua/internal/org"},
		"internal/citizen":  {"net/http", "motcua/internal/web"},
		"internal/org":      {"net/http", "motcua/internal/web", "motcua/internal/identity"},
		"internal/vn":       {"net/http", "database/sql", "os"},
	}
	for _, p := range packages(t) {
		if aside(p.ImportPath) {
			continue
		}
		for prefix, names := range forbidden {
			if !strings.HasPrefix(p.ImportPath, prefix) {
				continue
			}
			for _, n := range names {
				if slices.Contains(p.Imports, n) {
					t.Errorf("%s imports %s", p.ImportPath, n)
				}
			}
		}
	}
}
