package secretbox

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
)

// masterBytes is the length of a master key.
const masterBytes = 32

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

// String keeps a key out of messages.
func (Master) String() string { return "[master key]" }

// ParseMaster reads the base64 form. It errs with ErrMasterFormat.
func ParseMaster(text string) (Master, error) {
	b, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace([]byte(text))))
	if err != nil || len(b) != masterBytes {
		return nil, ErrMasterFormat
	}
	return b, nil
}

// ReadMasterFile reads a key from a file that only its owner can read. It errs
// with ErrMasterFormat, ErrMasterOpen or the system's error.
func ReadMasterFile(path string) (Master, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w (%s has %04o)", ErrMasterOpen, path, info.Mode().Perm())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseMaster(string(b))
}

// CreateMasterFile writes a new key to a file that must not exist, mode 0600.
func CreateMasterFile(path string) (Master, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	m := NewMaster()
	_, err = f.WriteString(m.encoded() + "\n")
	return m, errors.Join(err, f.Sync(), f.Close())
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
