package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"motcua/internal/app"
	"motcua/internal/org"
)

type officerCmd struct {
	Add    officerAdd    `cmd:"" help:"Tạo tài khoản cán bộ, in mật khẩu ban đầu; người đầu tiên là quản trị. / Create an officer, print the initial password; the first is the administrator."`
	Reset  officerReset  `cmd:"" help:"Đặt mật khẩu ban đầu mới. / Set a new initial password."`
	Lock   officerLock   `cmd:"" help:"Khóa tài khoản, kết thúc các phiên. / Lock an account, end its sessions."`
	Unlock officerUnlock `cmd:"" help:"Mở khóa tài khoản. / Unlock an account."`
	List   officerList   `cmd:"" help:"Liệt kê cán bộ. / List officers."`

	RemoveTOTP officerRemoveTOTP `cmd:"" name:"remove-totp" help:"Bỏ xác thực hai lớp của người mất điện thoại, kết thúc các phiên. / Remove the second factor of somebody who lost the phone, end the sessions."`
}

type username struct {
	Username string `arg:"" help:"Tên đăng nhập. / User name."`
}

type officerAdd struct {
	consoleSettings
	username
	Name   string   `required:"" placeholder:"TEXT" help:"Họ và tên. / Full name."`
	Number string   `placeholder:"NUMBER" help:"Số định danh cá nhân. / Identity number."`
	Phone  string   `placeholder:"PHONE" help:"Số di động. / Mobile number."`
	Post   []string `placeholder:"ROLE[@UNIT]" help:"Vai trò, và mã đơn vị nếu không phải toàn tỉnh, ví dụ reception@H31.1. / Role, and the unit's code unless for the whole province."`
}

func (c *officerAdd) Run(ctx context.Context) error {
	n := org.NewOfficer{Username: c.Username, Name: c.Name, Number: c.Number, Phone: c.Phone}
	for _, p := range c.Post {
		role, unit, _ := strings.Cut(p, "@")
		n.Posts = append(n.Posts, org.NewPost{Role: org.Role(role), Unit: unit})
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		o, password, err := core.Org.AddOfficer(ctx, operator(), n)
		if err != nil {
			return officerError(err)
		}
		fmt.Printf("Đã tạo cán bộ %s (%s). / Officer created.\n", o.Username, o.Name)
		printPassword(password)
		return nil
	})
}

func printPassword(password string) {
	fmt.Printf("Mật khẩu ban đầu, phải đổi ở lần đăng nhập đầu tiên / initial password, to be changed at the first sign-in:\n  %s\n", password)
}

// officerError turns what a person can mend into sentences.
func officerError(err error) error {
	var invalid *org.Invalid
	switch {
	case errors.As(err, &invalid):
		return fmt.Errorf("Dữ liệu chưa đúng: %s.\nThe field %[1]s %s.", invalid.Field, invalid.Why)
	case errors.Is(err, org.ErrNoOfficer):
		return errors.New("Không có cán bộ với tên đăng nhập này.\nThere is no officer with this user name.")
	case errors.Is(err, org.ErrNoTOTP):
		return errors.New("Cán bộ này chưa dùng xác thực hai lớp.\nThis officer has no second factor.")
	case errors.Is(err, org.ErrUsernameTaken):
		return errors.New("Tên đăng nhập này đã có người dùng.\nThis user name is taken.")
	case errors.Is(err, org.ErrNumberTaken):
		return errors.New("Một cán bộ khác đã có số định danh này.\nAnother officer has this identity number.")
	case errors.Is(err, org.ErrNoUnit):
		return errors.New("Không có đơn vị với mã này.\nThere is no unit with this code.")
	}
	return err
}

type officerReset struct {
	consoleSettings
	username
}

func (c *officerReset) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		password, err := core.Org.ResetOfficer(ctx, operator(), c.Username)
		if err != nil {
			return officerError(err)
		}
		fmt.Printf("Đã đặt lại mật khẩu và kết thúc các phiên của %s. / Password reset, sessions ended.\n", c.Username)
		printPassword(password)
		return nil
	})
}

type officerLock struct {
	consoleSettings
	username
}

func (c *officerLock) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		if err := core.Org.LockOfficer(ctx, operator(), c.Username); err != nil {
			return officerError(err)
		}
		fmt.Printf("Đã khóa %s và kết thúc các phiên. / Locked, sessions ended.\n", c.Username)
		return nil
	})
}

type officerRemoveTOTP struct {
	consoleSettings
	username
}

func (c *officerRemoveTOTP) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		if err := core.Org.ResetTOTP(ctx, operator(), c.Username); err != nil {
			return officerError(err)
		}
		fmt.Printf("Đã bỏ xác thực hai lớp của %s và kết thúc các phiên. / Second factor removed, sessions ended.\n", c.Username)
		return nil
	})
}

type officerUnlock struct {
	consoleSettings
	username
}

func (c *officerUnlock) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		if err := core.Org.UnlockOfficer(ctx, operator(), c.Username); err != nil {
			return officerError(err)
		}
		fmt.Printf("Đã mở khóa %s. / Unlocked.\n", c.Username)
		return nil
	})
}

type officerList struct{ consoleSettings }

func (c *officerList) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		t := newTable("TÊN ĐĂNG NHẬP", "HỌ VÀ TÊN", "TRẠNG THÁI", "ĐỔI MẬT KHẨU", "VAI TRÒ")
		for after := ""; ; {
			officers, err := core.Org.ListOfficers(ctx, operator(), after)
			if err != nil {
				return err
			}
			for _, o := range officers {
				var posts []string
				for _, p := range o.Posts {
					post := p.Role.Vietnamese()
					if p.UnitName != nil {
						post += ", " + *p.UnitName
					}
					posts = append(posts, post)
				}
				change := ""
				if o.MustChange {
					change = "phải đổi"
				}
				t.row(o.Username, o.Name, string(o.Status), change, strings.Join(posts, "; "))
				after = o.Username
			}
			if len(officers) < org.MaxListed {
				return t.flush()
			}
		}
	})
}
