package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"motcua/internal/config"
	"motcua/internal/db"
	"motcua/internal/secretbox"
)

// masterKeyName is the master key that a demo makes for itself in its data
// folder; the console's commands find it there.
const masterKeyName = "master.key"

// openData makes the data folder where the data are there, and reads the
// master key.
func openData(c *config.Config) (secretbox.Master, error) {
	if c.Demo || c.Database == "" {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, cannotWrite(c.Data, err)
		}
	}
	return MasterKey(c)
}

// MasterKey reads the configured master key, or the one that a demo made in
// its data folder. It errs with a *Refusal.
func MasterKey(c *config.Config) (secretbox.Master, error) {
	m, err := master(c)
	if errors.Is(err, fs.ErrPermission) && c.Demo {
		return nil, cannotWrite(c.Data, err)
	}
	if err != nil {
		return nil, &Refusal{"Không đọc được khóa chủ: đặt --master-key-file hoặc MOTCUA_MASTER_KEY.", "The master key cannot be read: set --master-key-file or MOTCUA_MASTER_KEY.", err, true}
	}
	return m, nil
}

func master(c *config.Config) (secretbox.Master, error) {
	inData := filepath.Join(c.Data, masterKeyName)
	switch {
	case c.MasterKey != "":
		return secretbox.ParseMaster(c.MasterKey)
	case c.MasterKeyFile != "":
		return secretbox.ReadMasterFile(c.MasterKeyFile)
	case c.Demo:
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, err
		}
		return secretbox.LoadOrCreateMasterFile(inData)
	}
	return secretbox.ReadMasterFile(inData)
}

func cannotWrite(folder string, err error) error {
	return &Refusal{fmt.Sprintf("Không ghi được vào thư mục dữ liệu %s.", folder), fmt.Sprintf("The data folder %s cannot be written to.", folder), err, false}
}

func cannotOpen(c *config.Config, err error) error {
	switch {
	case errors.Is(err, db.ErrNewerSchema):
		return &Refusal{"Cơ sở dữ liệu do một phiên bản mới hơn của chương trình tạo; hãy dùng phiên bản đó.", "The database was made by a newer version of this program; use that version.", err, true}
	case strings.HasPrefix(c.DatabaseURL(), "sqlite:"):
		folder := filepath.Dir(strings.TrimPrefix(c.DatabaseURL(), "sqlite:"))
		if !writable(folder) {
			return cannotWrite(folder, err)
		}
	}
	return &Refusal{"Không mở được cơ sở dữ liệu.", "The database cannot be opened.", err, true}
}

func cannotUnlock(err error) error {
	return &Refusal{"Khóa chủ không mở được dữ liệu: đây không phải khóa chủ của cơ sở dữ liệu này.", "The master key does not open the data: it is not the key of this database.", err, false}
}

// writable tries: permission bits do not tell about read-only file systems.
func writable(folder string) bool {
	f, err := os.CreateTemp(folder, ".motcua-*")
	if err != nil {
		return false
	}
	_ = f.Close()
	return os.Remove(f.Name()) == nil
}
