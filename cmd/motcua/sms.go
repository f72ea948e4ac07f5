package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"motcua/internal/app"
	"motcua/internal/sms"
	"motcua/internal/vn"
)

type smsCmd struct {
	Status smsStatus `cmd:"" help:"Tin nhắn có đi không, nhà cung cấp nào đang hỏng. / Whether messages go out, and which provider fails."`
	Out    smsOut    `cmd:"" help:"Báo sự cố: thôi gửi tin, trang nhập mã báo cho người dân. / Declare SMS out of order: nothing is sent, pages tell people."`
	On     smsOn     `cmd:"" help:"Hết sự cố: gửi tin trở lại. / SMS works again."`
	Cost   smsCost   `cmd:"" help:"Số tin và chi phí theo việc và đơn vị. / Messages and costs by purpose and unit."`
}

type smsStatus struct{ consoleSettings }

func (c *smsStatus) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		o, err := core.SMS.Outage(ctx, core.DB)
		if err != nil {
			return err
		}
		if o.Out {
			fmt.Printf("ĐANG BÁO SỰ CỐ từ %s / declared out of order. %s\n", vn.DateTime(o.Since), o.Note)
		} else {
			fmt.Println("Không báo sự cố. / Not declared out of order.")
		}
		list, err := core.SMS.Standings(ctx)
		if err != nil || len(list) == 0 {
			return err
		}
		t := newTable("NHÀ CUNG CẤP", "ĐƯỜNG NỐI", "HỎNG LIÊN TIẾP", "NGHỈ ĐẾN", "VÌ")
		for _, s := range list {
			until := ""
			if s.Failures > 0 {
				until = vn.DateTime(s.Until)
			}
			t.row(s.Provider, strconv.Itoa(s.Lines), strconv.Itoa(s.Failures), until, s.Why)
		}
		return t.flush()
	})
}

type smsOut struct {
	consoleSettings
	Note string `placeholder:"TEXT" help:"Ghi chú cho người trực, không hiện trên trang. / A note for operators; pages do not show it."`
}

func (c *smsOut) Run(ctx context.Context) error {
	if len(c.Note) > sms.MaxNote {
		return fmt.Errorf("Ghi chú dài quá %d byte.\nThe note is longer than %[1]d bytes.", sms.MaxNote)
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		if err := core.DeclareSMSOut(ctx, operator(), c.Note); err != nil {
			return err
		}
		fmt.Println("Đã báo sự cố: không gửi tin nào nữa, trang nhập mã báo cho người dân. Hết sự cố: motcua sms on / Declared: nothing is sent, pages tell people.")
		return nil
	})
}

type smsOn struct{ consoleSettings }

func (c *smsOn) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		was, err := core.ResumeSMS(ctx, operator())
		if err != nil {
			return err
		}
		if !was {
			fmt.Println("Trước đó không báo sự cố; mọi nhà cung cấp được thử lại ngay. / It was not declared; every provider is tried again at once.")
			return nil
		}
		fmt.Println("Đã hết sự cố: gửi tin trở lại. / Messages are sent again.")
		return nil
	})
}

type smsCost struct {
	consoleSettings
	From time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"Từ ngày; mặc định ngày 1 tháng này. / From this day; by default the 1st of this month."`
	To   time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"Đến hết ngày; mặc định hôm nay. / Through this day; by default today."`
}

func (c *smsCost) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		today := core.Clock.Now().In(vn.Zone)
		from, to := today.Format("2006-01")+"-01", sms.Day(today)
		if !c.From.IsZero() {
			from = c.From.Format(time.DateOnly)
		}
		if !c.To.IsZero() {
			to = c.To.Format(time.DateOnly)
		}
		if from > to {
			return errors.New("Ngày đầu sau ngày cuối.\nThe first day is after the last.")
		}
		list, err := core.SMS.Costs(ctx, from, to)
		if err != nil {
			return err
		}
		fmt.Printf("%s … %s\n", from, to)
		t := newTable("NHÀ CUNG CẤP", "VIỆC", "ĐƠN VỊ", "TIN", "PHẦN", "TỚI MÁY", "KHÔNG TỚI", "ĐỒNG")
		var sum sms.Cost
		for _, x := range list {
			sum.Messages += x.Messages
			sum.Parts += x.Parts
			sum.Delivered += x.Delivered
			sum.Failed += x.Failed
			sum.Price += x.Price
			t.row(x.Provider, x.Purpose, x.Unit, strconv.Itoa(x.Messages), strconv.Itoa(x.Parts), strconv.Itoa(x.Delivered), strconv.Itoa(x.Failed), dong(x.Price))
		}
		t.row("CỘNG / SUM", "", "", strconv.Itoa(sum.Messages), strconv.Itoa(sum.Parts), strconv.Itoa(sum.Delivered), strconv.Itoa(sum.Failed), dong(sum.Price))
		return t.flush()
	})
}

// dong writes an amount as it is written in Vietnam: 1.234.500.
func dong(n int64) string {
	s := strconv.FormatInt(n, 10)
	var groups []string
	for len(s) > 3 {
		groups = append([]string{s[len(s)-3:]}, groups...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, groups...), ".")
}
