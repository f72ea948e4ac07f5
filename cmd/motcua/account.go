package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/app"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/vn"
)

type accountCmd struct {
	Add    accountAdd    `cmd:"" help:"Tạo tài khoản, in mã kích hoạt dùng một lần. / Create an account, print a one-time code."`
	Reset  accountReset  `cmd:"" help:"Xóa mật khẩu, in mã kích hoạt mới. / Take the password away, print a new code."`
	Lock   accountLock   `cmd:"" help:"Khóa tài khoản, dành cả cho tổng đài. / Lock an account; the hotline may, too."`
	Unlock accountUnlock `cmd:"" help:"Mở khóa tài khoản. / Unlock an account."`
	Letter accountLetter `cmd:"" help:"In mã trong thư đặt lại mật khẩu. / Print the code of a letter for a forgotten password."`
	Phone  accountPhone  `cmd:"" help:"Đổi số điện thoại nhận mã OTP. / Change the phone that gets the codes."`
	List   accountList   `cmd:"" help:"Liệt kê tài khoản. / List accounts."`
}

type accountNumber struct {
	Number string `arg:"" help:"Số định danh cá nhân, 12 chữ số. / Identity number, 12 digits."`
}

func (a accountNumber) digits() (string, error) {
	n, err := vn.ParseIdentityNumber(a.Number)
	if err != nil {
		return "", errors.New("Số định danh phải có 12 chữ số.\nAn identity number has 12 digits.")
	}
	return n.Digits(), nil
}

type accountAdd struct {
	consoleSettings
	accountNumber
	Name  string `required:"" placeholder:"TEXT" help:"Họ và tên. / Full name."`
	Birth string `required:"" placeholder:"YYYY-MM-DD" help:"Ngày sinh, hoặc chỉ năm. / Date of birth, or the year alone."`
	Sex   string `required:"" enum:"male,female" placeholder:"male|female" help:"Giới tính. / Sex."`
	Phone string `required:"" placeholder:"PHONE" help:"Số di động nhận mã OTP. / Mobile number for codes."`
	Level int    `default:"2" help:"Mức độ của tài khoản, 1 hoặc 2. / Level of the account, 1 or 2."`
}

func (c *accountAdd) Run(ctx context.Context) error {
	number, err := c.digits()
	if err != nil {
		return err
	}
	phone, err := vn.ParseMobile(c.Phone)
	if err != nil {
		return errBadPhone
	}
	name := strings.Join(strings.Fields(norm.NFC.String(c.Name)), " ")
	switch {
	case name == "" || len(name) > 200:
		return errors.New("Họ và tên trống hoặc quá dài.\nThe name is empty or too long.")
	case vn.BirthYear(c.Birth) == 0:
		return errors.New("Ngày sinh phải có dạng 1984-03-27 hoặc 1984.\nThe date of birth must be like 1984-03-27 or 1984.")
	case c.Level != 1 && c.Level != 2:
		return errors.New("Mức độ là 1 hoặc 2.\nThe level is 1 or 2.")
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		_, code, err := core.People.Add(ctx, operator(), identity.Account{Number: number, Name: name, BirthDate: c.Birth, Sex: c.Sex, Phone: phone, Level: c.Level})
		if errors.Is(err, db.ErrExists) {
			return errors.New("Số định danh này đã có tài khoản.\nThis number has an account already.")
		}
		if err != nil {
			return err
		}
		fmt.Printf("Đã tạo tài khoản %s. / Account created.\n", vn.MaskNumber(number))
		c.printCode(code)
		return nil
	})
}

// printCode writes the way to a password. The code stands behind # so that no
// server or proxy sees it when the address is opened.
func (c *consoleSettings) printCode(code string) {
	fmt.Printf(`Dùng một lần, trong %d giờ. / Once, within %[1]d hours.
  Mã kích hoạt / activation code: %s
`, int(identity.ActivationLife.Hours()), code)
	if c.IDURL != "" {
		fmt.Printf("  %s/dat-mat-khau#ma=%s\n", strings.TrimSuffix(c.IDURL, "/"), code)
	}
}

var errBadPhone = errors.New("Số điện thoại không phải số di động Việt Nam.\nThe phone is no Vietnamese mobile number.")

var errNoAccount = errors.New("Không có tài khoản với số này.\nThere is no account with this number.")

type accountReset struct {
	consoleSettings
	accountNumber
}

func (c *accountReset) Run(ctx context.Context) error {
	number, err := c.digits()
	if err != nil {
		return err
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		code, err := core.People.Reset(ctx, operator(), number)
		if errors.Is(err, identity.ErrNoAccount) {
			return errNoAccount
		}
		if err != nil {
			return err
		}
		fmt.Printf("Đã xóa mật khẩu và kết thúc các phiên của %s. / Password taken away, sessions ended.\n", vn.MaskNumber(number))
		c.printCode(code)
		return nil
	})
}

// accountLock is a command of its own so that the hotline can be given it
// without unlocking (docs/operating.md).
type accountLock struct {
	consoleSettings
	accountNumber
}

func (c *accountLock) Run(ctx context.Context) error {
	number, err := c.digits()
	if err != nil {
		return err
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		err := core.People.Lock(ctx, operator(), number)
		if errors.Is(err, identity.ErrNoAccount) {
			return errNoAccount
		}
		if err == nil {
			fmt.Printf("Đã khóa %s, mọi phiên đã kết thúc. / Locked, all sessions ended.\n", vn.MaskNumber(number))
		}
		return err
	})
}

type accountUnlock struct {
	consoleSettings
	accountNumber
}

func (c *accountUnlock) Run(ctx context.Context) error {
	number, err := c.digits()
	if err != nil {
		return err
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		err := core.People.Unlock(ctx, operator(), number)
		if errors.Is(err, identity.ErrNoAccount) {
			return errNoAccount
		}
		if err == nil {
			fmt.Printf("Đã mở khóa %s. / Unlocked.\n", vn.MaskNumber(number))
		}
		return err
	})
}

type accountLetter struct {
	consoleSettings
	accountNumber
}

// Run prints what the counter hands to a person whose card it has seen. The
// password that they have goes on working until they set another.
func (c *accountLetter) Run(ctx context.Context) error {
	number, err := c.digits()
	if err != nil {
		return err
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		code, until, err := core.People.IssueLetter(ctx, operator(), number)
		if errors.Is(err, identity.ErrNoAccount) {
			return errNoAccount
		}
		if err != nil {
			return err
		}
		fmt.Printf("Thư đặt lại mật khẩu của %s; dùng một lần, đến %s, cùng mã OTP. / Letter, once, until then, with a code by SMS.\n  Mã trong thư / code: %s\n",
			vn.MaskNumber(number), until.In(vn.Zone).Format("15:04 02/01/2006"), code)
		if c.IDURL != "" {
			fmt.Printf("  %s/quen-mat-khau\n", strings.TrimSuffix(c.IDURL, "/"))
		}
		return nil
	})
}

type accountPhone struct {
	consoleSettings
	accountNumber
	Phone string `arg:"" help:"Số di động mới. / New mobile number."`
}

// Run changes the phone of a person whose identity card an officer has seen:
// what the help page sends people with a lost number to the centre for.
func (c *accountPhone) Run(ctx context.Context) error {
	number, err := c.digits()
	if err != nil {
		return err
	}
	phone, err := vn.ParseMobile(c.Phone)
	if err != nil {
		return errBadPhone
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		err := core.People.SetPhone(ctx, operator(), number, phone)
		if errors.Is(err, identity.ErrNoAccount) {
			return errNoAccount
		}
		if err == nil {
			fmt.Printf("Đã đổi số điện thoại của %s; số cũ được báo tin. / Phone changed; the old number is told.\n", vn.MaskNumber(number))
		}
		return err
	})
}

type accountList struct{ consoleSettings }

func (c *accountList) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		accounts, err := core.People.List(ctx, operator())
		if err != nil {
			return err
		}
		t := newTable("TÀI KHOẢN", "HỌ VÀ TÊN", "ĐIỆN THOẠI", "MỨC", "TRẠNG THÁI", "MẬT KHẨU")
		for _, a := range accounts {
			t.row(a.Number, a.Name, vn.NationalMobile(a.Phone), fmt.Sprint(a.Level), a.Status, yesNo(a.PasswordHash != nil))
		}
		return t.flush()
	})
}
