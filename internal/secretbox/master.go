package secretbox

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// masterBytes is the length of a master key.
const masterBytes = 32

// maxMasterFile is more than any key file holds.
const maxMasterFile = 4096

// Master is the key that wraps all others.
type Master []byte

var (
	// ErrMasterFormat says that a file or variable holds no key.
	ErrMasterFormat = errors.New("secretbox: not a master key: want 32 bytes in base64")
	// ErrMasterOpen says that others may read the file.
	ErrMasterOpen = errors.New("secretbox: the master key file may be read by others: want mode 0600")
	// ErrMasterWrong says that the database's keys are wrapped by another key.
	ErrMasterWrong = errors.New("secretbox: the master key is not the one of this database")
)

// NewMaster returns a random key.
func NewMaster() Master {
	m := make(Master, masterBytes)
	rand.Read(m)
	return m
}

// encoded is the form that files and variables hold.
func (m Master) encoded() string { return base64.StdEncoding.EncodeToString(m) }

// LogValue keeps a key out of logs.
func (Master) LogValue() slog.Value { return slog.StringValue("[master key]") }

// Format keeps a key out of messages, whatever the verb.
func (Master) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[master key]") }

// String keeps a key out of messages.
func (Master) String() string { return "[master key]" }

// MarshalText keeps a key out of JSON.
func (Master) MarshalText() ([]byte, error) { return []byte("[master key]"), nil }

// LoadMaster returns the key from a file or from text in base64 (as an
// environment variable holds it); exactly one of the two must be given. It errs
// as ReadMasterFile and ParseMaster do.
func LoadMaster(file, text string) (Master, error) {
	switch {
	case file != "" && text != "":
		return nil, errors.New("secretbox: two master keys: give the file or the text")
	case file != "":
		return ReadMasterFile(file)
	case text != "":
		return ParseMaster(text)
	}
	return nil, errors.New("secretbox: no master key: give the file or the text")
}

// ParseMaster reads the base64 form. It errs with ErrMasterFormat.
func ParseMaster(text string) (Master, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != masterBytes {
		return nil, ErrMasterFormat
	}
	return b, nil
}

// ReadMasterFile reads a key from a file that only its owner can read. It errs
// with ErrMasterFormat, ErrMasterOpen or the system's error.
func ReadMasterFile(path string) (Master, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w (%s has %04o)", ErrMasterOpen, path, info.Mode().Perm())
	}
	b, err := io.ReadAll(io.LimitReader(f, maxMasterFile))
	if err != nil {
		return nil, err
	}
	m, err := ParseMaster(string(b))
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	return m, nil
}

// CreateMasterFile writes a new key to a file that must not exist, mode 0600.
func CreateMasterFile(path string) (Master, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	m := NewMaster()
	_, err = f.WriteString(m.encoded() + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	return m, nil
}

// LoadOrCreateMasterFile reads the key at path, writing a new one when there
// is none. It serves the demo; a real installation makes its key on purpose.
func LoadOrCreateMasterFile(path string) (Master, error) {
	m, err := CreateMasterFile(path)
	if errors.Is(err, fs.ErrExist) {
		return ReadMasterFile(path)
	}
	return m, err
}
