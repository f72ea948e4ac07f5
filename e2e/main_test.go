package e2e_test

import (
	"os"
	"testing"

	"motcua/e2e/browser"
	"motcua/internal/audit"
)

var console = audit.Ref{Kind: "console", ID: "test"}

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}
