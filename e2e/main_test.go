package e2e_test

import (
	"io"
	"log/slog"
	"os"
	"testing"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/audit"
)

var console = audit.Ref{Kind: "console", ID: "test"}

// strays is what libraries log past the program's own logger.
var strays = &apptest.Log{}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.MultiWriter(os.Stderr, strays), nil)))
	code := m.Run()
	browser.Close()
	os.Exit(code)
}
