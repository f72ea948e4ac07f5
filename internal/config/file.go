package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// MaxFile bounds the configuration file, in bytes.
const MaxFile = 64 << 10

// Loader reads lines KEY=value, with KEY the name of the environment variable,
// for kong.Configuration. Blank lines and lines that begin with # are passed
// over; a value may stand in single or double quotes. It is the format of
// systemd's EnvironmentFile, so that one file serves both.
func Loader(r io.Reader) (kong.Resolver, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("tệp cấu hình dài quá %d byte / configuration file longer than %d bytes", MaxFile, MaxFile)
	}
	f := file{}
	var faults []error
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	lines.Buffer(nil, MaxFile+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		switch {
		case !ok || key == "":
			faults = append(faults, fmt.Errorf("dòng %d không có dạng KHÓA=giá trị / line %d is not KEY=value", n, n))
		case f[key].line != 0:
			faults = append(faults, fmt.Errorf("dòng %d lặp lại %s của dòng %d / line %d repeats %s of line %d", n, key, f[key].line, n, key, f[key].line))
		default:
			f[key] = entry{unquote(strings.TrimSpace(value)), n}
		}
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return f, nil
}

type entry struct {
	value string
	line  int
}

// file maps variable names to what a configuration file gives them.
type file map[string]entry

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// Validate refuses keys that no setting has: a misspelt key would otherwise
// leave its setting at the default without a word.
func (f file) Validate(app *kong.Application) error {
	known := map[string]bool{}
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, env := range flag.Envs {
				known[env] = true
			}
		}
		return next(nil)
	})
	var faults []error
	for key, e := range f {
		if !known[key] {
			faults = append(faults, fmt.Errorf("dòng %d: không có thiết lập %s / line %d: there is no setting %s", e.line, key, e.line, key))
		}
	}
	return errors.Join(faults...)
}

// Resolve answers for a flag that the command line does not set. The
// environment wins over the file.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
		if e, ok := f[env]; ok {
			return e.value, nil
		}
	}
	return nil, nil
}
