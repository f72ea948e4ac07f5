package app

import (
	"net/http"
	"testing"
	"time"
)

// CertificateFiles writes a certificate for localhost.
func CertificateFiles(t *testing.T) (cert, key string) {
	return writePair(t, t.TempDir(), 1, time.Now())
}

// Site is the handler of one of the sites.
func Site(a *App, name string) http.Handler { return a.sites[name] }

// RefreshBy is how the portal tells its provider that somebody is at work.
var RefreshBy = refreshBy
