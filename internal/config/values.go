package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// DatabaseURL returns the database to open: the one that was named, or the
// file in the data folder.
func (s Store) DatabaseURL() string {
	if s.Database != "" {
		return s.Database
	}
	return "sqlite:" + filepath.Join(s.Data, "motcua.db")
}

// SiteURL returns a site's public address without a trailing slash, or nil
// for a name or an address that Check refuses.
func (c *Config) SiteURL(site string) *url.URL {
	u, err := siteURL(c.rawURL(site))
	if err != nil {
		return nil
	}
	return u
}

func (c *Config) rawURL(site string) string {
	switch site {
	case Portal:
		return c.PortalURL
	case Office:
		return c.OfficeURL
	case ID:
		return c.IDURL
	}
	return ""
}

// ListenAddress returns where a site listens: its own address, or the shared one.
func (c *Config) ListenAddress(site string) string {
	own := map[string]string{Portal: c.ListenPortal, Office: c.ListenOffice, ID: c.ListenID}[site]
	if own != "" {
		return own
	}
	return c.Listen
}

// Runs reports whether this process serves the site.
func (c *Config) Runs(site string) bool { return slices.Contains(c.Sites, site) }

// Proxies returns the trusted network ranges.
func (c *Config) Proxies() []netip.Prefix { return prefixes(c.TrustedProxies) }

// AllowedNetworks returns the ranges that may open the officers' pages; none
// means all.
func (c *Config) AllowedNetworks() []netip.Prefix { return prefixes(c.OfficeNetworks) }

func prefixes(texts []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range texts {
		if p, err := parsePrefix(s); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// A RangeFactor multiplies the limits that count by address for the addresses
// of one network range.
type RangeFactor struct {
	Range  netip.Prefix
	Factor int
}

// RangeFactors returns the configured factors, the narrowest range first, so
// that the first match is the right one.
func (c *Config) RangeFactors() []RangeFactor {
	var out []RangeFactor
	for k, v := range c.LimitFactors {
		p, err := parsePrefix(k)
		n, nerr := strconv.Atoi(v)
		if err == nil && nerr == nil {
			out = append(out, RangeFactor{p, n})
		}
	}
	slices.SortFunc(out, func(a, b RangeFactor) int {
		if d := b.Range.Bits() - a.Range.Bits(); d != 0 {
			return d
		}
		return strings.Compare(a.Range.String(), b.Range.String())
	})
	return out
}

// Level returns the least level that is logged.
func (c *Config) Level() slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(c.LogLevel)) != nil {
		return slog.LevelInfo
	}
	return l
}

// siteURL accepts scheme and host, with at most a slash behind: the sites
// stand at the root of their hosts, because their cookies are named __Host-.
func siteURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("not http or https")
	case u.Host == "" || u.Hostname() == "":
		return nil, errors.New("no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return nil, errors.New("more than scheme and host")
	}
	u.Path = ""
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// Loopback reports whether a host name never leaves this machine (RFC 6761
// §6.3 for localhost and the names under it).
func Loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// parsePrefix accepts a range or a single address.
func parsePrefix(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("not a network range: %q", s)
	}
	return p.Masked(), nil
}
