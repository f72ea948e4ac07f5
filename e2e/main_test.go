package e2e_test

import (
	"flag"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"testing"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/audit"
)

var console = audit.Ref{Kind: "console", ID: "test"}

// strays is what libraries log past the program's own logger.
var strays = &apptest.Log{}

// atOnce is how many parallel tests run: they wait for browsers and slow lines
// more than they compute.
const atOnce = 3

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0))))
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(io.MultiWriter(os.Stderr, strays), nil)))
	code := m.Run()
	browser.Close()
	os.Exit(code)
}
