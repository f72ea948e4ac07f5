package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"motcua/internal/app"
	"motcua/internal/oidcop"
	"motcua/internal/vn"
)

type clientCmd struct {
	Add    clientAdd    `cmd:"" help:"Đăng ký một dịch vụ, in khóa bí mật một lần. / Register a service, print its secret once."`
	List   clientList   `cmd:"" help:"Liệt kê dịch vụ và các khóa bí mật. / List services and their secrets."`
	Rotate clientRotate `cmd:"" help:"Cấp khóa bí mật thứ hai, khóa cũ vẫn dùng được. / Give a second secret; the old one goes on working."`
	Retire clientRetire `cmd:"" help:"Bỏ một khóa bí mật. / Take a secret away."`
	Remove clientRemove `cmd:"" help:"Bỏ một dịch vụ: mọi thẻ truy cập hết hiệu lực. / Remove a service: all its tokens end."`
}

type clientAdd struct {
	consoleSettings
	ID           string   `arg:"" help:"Mã dịch vụ: chữ thường, số, dấu gạch. / Id: lower case, digits, dashes."`
	Name         string   `required:"" placeholder:"TEXT" help:"Tên tiếng Việt, hiện ở trang đăng nhập. / Vietnamese name."`
	NameEN       string   `required:"" name:"name-en" placeholder:"TEXT" help:"Tên tiếng Anh. / English name."`
	Purpose      string   `placeholder:"TEXT" help:"Dùng dữ liệu để làm gì, hiện ở trang đồng ý. / What the data are for."`
	PurposeEN    string   `name:"purpose-en" placeholder:"TEXT" help:"Như trên, tiếng Anh. / The same in English."`
	Redirect     []string `required:"" sep:"none" placeholder:"URL" help:"Địa chỉ trở về, nhiều lần được. / Redirect address, may be repeated."`
	PostLogout   []string `sep:"none" placeholder:"URL" help:"Địa chỉ sau khi đăng xuất. / Address after sign-out."`
	SignIn       string   `required:"" placeholder:"URL" help:"Địa chỉ bắt đầu đăng nhập ở dịch vụ. / Where a sign-in begins at the service."`
	Scope        []string `default:"openid,profile" help:"Loại dữ liệu: openid, profile, phone, vneid. / Kinds of data."`
	FirstParty   bool     `help:"Dịch vụ của chính cơ quan: không hỏi đồng ý. / Of the same authority: nobody is asked."`
	Refresh      bool     `help:"Cấp thẻ làm mới (refresh token). / Give refresh tokens."`
	RS256        bool     `name:"rs256" help:"Ký ID token bằng RS256 thay cho ES256. / RS256 instead of ES256."`
	JWKS         string   `name:"jwks" type:"existingfile" placeholder:"FILE" help:"Khóa công khai (JWK set) cho private_key_jwt. / Public keys for private_key_jwt."`
	Backchannel  string   `placeholder:"URL" help:"Nơi nhận báo hết phiên. / Back-channel logout address."`
	Frontchannel string   `placeholder:"URL" help:"Nơi trình duyệt báo đăng xuất. / Front-channel logout address."`
}

func (c *clientAdd) Run(ctx context.Context) error {
	client := oidcop.Client{ID: c.ID, Name: c.Name, NameEN: c.NameEN, SMSName: vn.ASCII(c.Name), Purpose: c.Purpose, PurposeEN: c.PurposeEN,
		RedirectURIs: c.Redirect, PostLogoutURIs: c.PostLogout, SignInURL: c.SignIn, Scopes: c.Scope, FirstParty: c.FirstParty, Refresh: c.Refresh,
		BackchannelLogoutURI: c.Backchannel, FrontchannelLogoutURI: c.Frontchannel}
	if c.RS256 {
		client.IDTokenAlg = "RS256"
	}
	if c.JWKS != "" {
		b, err := os.ReadFile(c.JWKS)
		if err != nil {
			return err
		}
		client.JWKS = string(b)
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		secret, err := core.Provider.AddClient(ctx, operator(), client)
		if err != nil {
			return clientProblem(err)
		}
		fmt.Printf("Đã đăng ký dịch vụ %s. / Service registered.\n", c.ID)
		printSecret(secret)
		return nil
	})
}

func printSecret(secret string) {
	if secret != "" {
		fmt.Printf("Khóa bí mật, chỉ hiện một lần. / The secret, shown once.\n  %s\n", secret)
	}
}

// clientProblem says what an operator can do about it.
func clientProblem(err error) error {
	if f, ok := errors.AsType[*oidcop.FieldError](err); ok {
		return fmt.Errorf("Dữ liệu chưa đúng: %s (%s).\nNot in order: %[1]s (%[2]s).", f.Field, f.Code)
	}
	for known, text := range map[error]string{
		oidcop.ErrNoClient:     "Không có dịch vụ này.\nThere is no such service.",
		oidcop.ErrClientExists: "Mã này đã có dịch vụ dùng, hoặc vừa bỏ chưa quá 31 ngày.\nThe id is taken, or was until less than 31 days ago.",
		oidcop.ErrBuiltIn:      "Đây là dịch vụ của chính chương trình, không đổi được.\nOne of the program's own services.",
		oidcop.ErrTwoSecrets:   "Đã có hai khóa bí mật; hãy bỏ một khóa trước (motcua client retire).\nThere are two secrets; retire one first.",
		oidcop.ErrLastSecret:   "Đây là khóa cuối cùng; hãy cấp khóa mới trước (motcua client rotate).\nThe last secret; rotate first.",
		oidcop.ErrNoSecret:     "Không có khóa bí mật này; xem motcua client list.\nThere is no such secret; see motcua client list.",
		oidcop.ErrHasKeys:      "Dịch vụ này dùng khóa riêng (private_key_jwt), không có khóa bí mật.\nThe service uses private_key_jwt and has no secret.",
	} {
		if errors.Is(err, known) {
			return errors.New(text)
		}
	}
	return err
}

type clientList struct{ consoleSettings }

func (c *clientList) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		list, err := core.Provider.ListClients(ctx)
		if err != nil {
			return err
		}
		t := newTable("MÃ", "TÊN", "DỮ LIỆU", "XÁC THỰC", "KHÓA", "CẤP LÚC", "DÙNG LẦN CUỐI")
		for _, k := range list {
			how := "khóa bí mật / secret"
			switch {
			case k.BuiltIn:
				how = "của chương trình / built in"
			case k.JWKS != "":
				how = "private_key_jwt"
			}
			t.row(k.ID, k.Name, strings.Join(k.Scopes, " "), how, "", "", "")
			for _, s := range k.Secrets {
				used := "chưa / never"
				if s.UsedAt != nil {
					used = vn.DateTime(*s.UsedAt)
				}
				t.row("", "", "", "", s.ID, vn.DateTime(s.CreatedAt), used)
			}
		}
		return t.flush()
	})
}

type clientRotate struct {
	consoleSettings
	ID string `arg:"" help:"Mã dịch vụ. / Id of the service."`
}

func (c *clientRotate) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		secret, err := core.Provider.RotateSecret(ctx, operator(), c.ID)
		if err != nil {
			return clientProblem(err)
		}
		printSecret(secret)
		fmt.Println("Khóa cũ vẫn dùng được. Đổi ở dịch vụ xong, bỏ khóa cũ: motcua client retire. / The old one works until it is retired.")
		return nil
	})
}

type clientRetire struct {
	consoleSettings
	ID     string `arg:"" help:"Mã dịch vụ. / Id of the service."`
	Secret string `arg:"" help:"Khóa, theo motcua client list. / The secret's id, from motcua client list."`
}

func (c *clientRetire) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		if err := core.Provider.RetireSecret(ctx, operator(), c.ID, c.Secret); err != nil {
			return clientProblem(err)
		}
		fmt.Println("Đã bỏ khóa, hết hiệu lực ngay. / Retired, at once.")
		return nil
	})
}

type clientRemove struct {
	consoleSettings
	ID string `arg:"" help:"Mã dịch vụ. / Id of the service."`
}

func (c *clientRemove) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		if err := core.Provider.RemoveClient(ctx, operator(), c.ID); err != nil {
			return clientProblem(err)
		}
		fmt.Printf("Đã bỏ dịch vụ %s. / Removed.\n", c.ID)
		return nil
	})
}
