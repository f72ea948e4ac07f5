package house_test

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// reasons names each module that go.mod asks for, with why it is there.
// A new dependency gets a line here; one that is gone loses its own.
var reasons = map[string]string{
	"github.com/alecthomas/kong":          "command line, environment, file and reference from one struct",
	"github.com/andybalholm/brotli":       "tests measure pages as browsers receive them",
	"github.com/chromedp/cdproto":         "the protocol of chromedp (tests)",
	"github.com/chromedp/chromedp":        "a real browser in tests",
	"github.com/coreos/go-oidc/v3":        "relying party; independent of the provider's library, so it tests our provider",
	"github.com/fiorix/go-smpp":           "an SMPP server that others wrote (tests)",
	"github.com/go-jose/go-jose/v4":       "signatures and key sets",
	"github.com/google/go-cmp":            "differences in tests",
	"github.com/google/uuid":              "UUIDv7",
	"github.com/jackc/pgx/v5":             "PostgreSQL",
	"github.com/jba/templatecheck":        "templates are type-checked in tests",
	"github.com/linxGnu/gosmpp":           "packing of SMPP PDUs",
	"github.com/pressly/goose/v3":         "migrations",
	"github.com/prometheus/client_golang": "metrics",
	"github.com/rogpeppe/go-internal":     "testscript for the command line (tests)",
	"github.com/xuri/excelize/v2":         "spreadsheets of accounts, read and written",
	"github.com/yuin/goldmark":            "the guide is written in Markdown",
	"github.com/zitadel/oidc/v3":          "ID tokens, PKCE and key sets of the provider",
	"golang.org/x/crypto":                 "Argon2id",
	"golang.org/x/net":                    "HTML parsing in tests",
	"golang.org/x/oauth2":                 "relying party, beside go-oidc",
	"golang.org/x/text":                   "Unicode normal forms",
	"modernc.org/sqlite":                  "SQLite without cgo",
	"golang.org/x/image":                  "scaling pictures of officers; reading WebP",
	"pgregory.net/rapid":                  "properties in tests",
	"rsc.io/qr":                           "QR codes",
}

func TestEachDependencyHasAReason(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		asked[r.Path] = true
		if reasons[r.Path] == "" {
			t.Errorf("%s is a new dependency without a reason", r.Path)
		}
	}
	for path := range reasons {
		if !asked[path] {
			t.Errorf("%s is no longer a dependency", path)
		}
	}
}
