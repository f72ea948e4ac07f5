package sms

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode"
)

func checkAddress(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "":
		return errors.New("address is not a URL")
	case u.User != nil:
		return errors.New("address must not hold a user or password; use a header")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("address must be https (http only on loopback)")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func readHeaders(in map[string]string) (http.Header, error) {
	if len(in) > maxHeaders {
		return nil, fmt.Errorf("more than %d headers", maxHeaders)
	}
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Accept": {"application/json"}}
	var errs []error
	for name, value := range in {
		if name == "" || strings.IndexFunc(name, func(r rune) bool {
			return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
		}) >= 0 {
			errs = append(errs, fmt.Errorf("header name %q", name))
			continue
		}
		switch strings.ToLower(name) {
		case "host", "content-length", "transfer-encoding", "connection":
			errs = append(errs, fmt.Errorf("header %s cannot be set", name))
			continue
		}
		value, err := indirect(value)
		if err != nil {
			errs = append(errs, fmt.Errorf("header %s: %w", name, err))
			continue
		}
		if value == "" || strings.IndexFunc(value, unicode.IsControl) >= 0 {
			errs = append(errs, fmt.Errorf("header %s: its value is empty or has control characters", name))
			continue
		}
		h.Set(name, value)
	}
	return h, errors.Join(errs...)
}

// Secret reads a value that is given as env:NAME or file:FILE.
func Secret(value string) (string, error) { return indirect(value) }

// indirect reads a value from where it says that it is, so that a secret need
// not stand among the settings.
func indirect(value string) (string, error) {
	if name, ok := strings.CutPrefix(value, "env:"); ok {
		v, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", name)
		}
		return strings.TrimSpace(v), nil
	}
	if path, ok := strings.CutPrefix(value, "file:"); ok {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		return strings.TrimSpace(string(b)), nil
	}
	return value, nil
}
