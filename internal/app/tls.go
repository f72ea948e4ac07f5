package app

import (
	"crypto/tls"
	"os"
	"sync"
	"time"

	"motcua/internal/clock"
)

// certificateCheck is how often the files are looked at: a renewed certificate
// is used within this time, without a restart.
const certificateCheck = time.Minute

// certificate serves the newest key pair of two files.
type certificate struct {
	clk       clock.Clock
	cert, key string

	mu      sync.Mutex
	current *tls.Certificate
	changed time.Time // of the certificate file
	checked time.Time
}

func newCertificate(clk clock.Clock, cert, key string) (*certificate, error) {
	c := &certificate{clk: clk, cert: cert, key: key}
	return c, c.load()
}

// load keeps the pair in use when the files do not hold a valid one, for
// example half written.
func (c *certificate) load() error {
	info, err := os.Stat(c.cert)
	if err != nil {
		return err
	}
	if c.current != nil && info.ModTime().Equal(c.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.current, c.changed = &pair, info.ModTime()
	return nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.clk.Now(); now.Sub(c.checked) >= certificateCheck || now.Before(c.checked) {
		c.checked = now
		_ = c.load()
	}
	return c.current, nil
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}
