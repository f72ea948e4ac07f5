package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"motcua/internal/app"
	"motcua/internal/audit"
	"motcua/internal/config"
)

type cli struct {
	Demo    demoCmd    `cmd:"" help:"Chạy thử: ba trang trên máy này, dữ liệu giả định. / Try it out: three sites on this machine, invented data."`
	Serve   serveCmd   `cmd:"" help:"Chạy thật, theo cấu hình. / Run for real, by configuration."`
	Account accountCmd `cmd:"" help:"Tài khoản công dân. / Citizens' accounts."`
	Officer officerCmd `cmd:"" help:"Tài khoản cán bộ. / Officers' accounts."`
	Client  clientCmd  `cmd:"" help:"Dịch vụ dùng đăng nhập của hệ thống này. / Services that use this sign-in."`
	Keys    keysCmd    `cmd:"" help:"Khóa ký và khóa chủ. / Signing keys and the master key."`
	Audit   auditCmd   `cmd:"" help:"Nhật ký kiểm toán. / The audit log."`
	Logout  logoutCmd  `cmd:"" help:"Báo hết phiên tới các dịch vụ. / Notices of ended sessions to services."`
	SMS     smsCmd     `cmd:"" name:"sms" help:"Tin nhắn SMS: tình trạng, công tắc sự cố, chi phí. / Text messages: state, outage switch, costs."`
	Version versionCmd `cmd:"" help:"In phiên bản. / Print the version."`
}

// settings are the flags of every command that reaches data for real.
type settings struct {
	config.Config
	File kong.ConfigFlag `name:"config" env:"MOTCUA_CONFIG" placeholder:"FILE" help:"Tệp cấu hình, mỗi dòng KHÓA=giá trị. / Configuration file, lines KEY=value."`
}

// consoleSettings are what the console's commands need of them.
type consoleSettings struct {
	config.Store
	IDURL string          `name:"id-url" env:"MOTCUA_ID_URL" placeholder:"URL" help:"Địa chỉ của hệ thống định danh, để in đường dẫn. / Address of the identity provider, for links that are printed."`
	File  kong.ConfigFlag `name:"config" env:"MOTCUA_CONFIG" placeholder:"FILE" help:"Tệp cấu hình, mỗi dòng KHÓA=giá trị. / Configuration file, lines KEY=value."`
}

func (c *consoleSettings) config() *config.Config {
	return &config.Config{Store: c.Store, Addresses: config.Addresses{IDURL: c.IDURL}, Rules: config.Rules{LogLevel: "warn"}}
}

// console opens the core for a command and closes it afterwards.
func (c *consoleSettings) console(ctx context.Context, f func(context.Context, *app.Core) error) error {
	core, err := app.Open(ctx, c.config(), app.Options{})
	if err != nil {
		return err
	}
	err = f(ctx, core)
	if cerr := core.Close(); err == nil {
		err = cerr
	}
	return err
}

// operator is who the audit log says has typed the command.
func operator() audit.Ref {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	// Behind sudo the person is the one who called it.
	return audit.Ref{Kind: "console", ID: cmp.Or(os.Getenv("SUDO_USER"), name)}
}

type versionCmd struct{}

// version is set by the linker for releases; other builds say what the
// toolchain knows.
var version string

func (versionCmd) Run() error {
	v, revision := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		v = cmp.Or(v, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
		revision += " " + info.GoVersion
	}
	fmt.Println("motcua", cmp.Or(v, "(devel)")+revision)
	return nil
}
