package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"motcua/internal/app"
	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/secretbox"
)

type keysCmd struct {
	New    keysNew    `cmd:"" help:"Tạo khóa chủ mới vào tệp. / Write a new master key to a file."`
	Rotate keysRotate `cmd:"" help:"Thay khóa ký và khóa dữ liệu. / Replace signing keys and the data key."`
	Rewrap keysRewrap `cmd:"" help:"Đổi khóa chủ khi chương trình đã dừng. / Change the master key while the program is stopped."`
}

type keysNew struct {
	File string `arg:"" help:"Tệp mới. / The new file."`
}

func (k *keysNew) Run() error {
	_, err := secretbox.CreateMasterFile(k.File)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("Tệp %s đã có; không ghi đè.\nThe file %[1]s exists; it is left as it is.", k.File)
	case err != nil:
		return fmt.Errorf("Không ghi được tệp %s.\nThe file %[1]s cannot be written: %w", k.File, err)
	}
	fmt.Printf("Đã ghi khóa chủ vào %s. Giữ một bản sao tách khỏi bản sao lưu cơ sở dữ liệu. / Written; keep a copy apart from the database's backups.\n", k.File)
	return nil
}

type keysRotate struct {
	consoleSettings
	AtOnce bool `help:"Khóa cũ đã lộ: ký bằng khóa mới ngay và bỏ khóa cũ; thẻ đang dùng bị từ chối. / The old keys are known to others: use the new ones now and drop the old; tokens in use are refused."`
}

func (k *keysRotate) Run(ctx context.Context) error {
	return k.console(ctx, func(ctx context.Context, core *app.Core) error {
		if err := core.RotateKeys(ctx, operator(), k.AtOnce); err != nil {
			return err
		}
		fmt.Println("Đã thay khóa; các tiến trình đang chạy nhận khóa mới trong 60 giây. / Rotated; running processes follow within 60 s.")
		return nil
	})
}

type keysRewrap struct {
	consoleSettings
	NewFile string `required:"" placeholder:"FILE" help:"Tệp chứa khóa chủ mới (motcua keys new). / File with the new master key."`
}

func (k *keysRewrap) Run(ctx context.Context) error {
	to, err := secretbox.ReadMasterFile(k.NewFile)
	if err != nil {
		return fmt.Errorf("Không đọc được khóa chủ mới.\nThe new master key cannot be read: %w", err)
	}
	c := k.config()
	from, err := app.MasterKey(c)
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, c.DatabaseURL(), db.Options{Synchronous: c.Synchronous})
	if err != nil {
		return err
	}
	err = errors.Join(secretbox.Rewrap(ctx, d, from, to), d.Close())
	if errors.Is(err, secretbox.ErrMasterWrong) {
		return errors.New("Khóa chủ hiện tại không phải của cơ sở dữ liệu này; không có gì thay đổi.\nThe present master key is not this database's; nothing was changed.")
	}
	if err != nil {
		return err
	}
	if err := k.recordRewrap(ctx); err != nil {
		return fmt.Errorf("Đã đổi khóa chủ, nhưng không ghi được nhật ký kiểm toán.\nThe master key was changed, but not recorded in the audit log: %w", err)
	}
	fmt.Println("Đã đổi khóa chủ. Đặt MOTCUA_MASTER_KEY_FILE sang tệp mới rồi khởi động. / Master key changed; point MOTCUA_MASTER_KEY_FILE at the new file and start.")
	return nil
}

// recordRewrap opens the data with the new key, which also proves that it fits.
func (k *keysRewrap) recordRewrap(ctx context.Context) error {
	renewed := k.consoleSettings
	renewed.MasterKeyFile, renewed.MasterKey = k.NewFile, ""
	return renewed.console(ctx, func(ctx context.Context, core *app.Core) error {
		return core.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			return core.Audit.Append(ctx, tx, audit.Event{Action: "key.rewrap", Actor: operator(), Outcome: audit.OK})
		})
	})
}
